import NotifyCore
import Testing

@Suite("Moments")
struct MomentTests {
    @Test(
        "They read as RFC 3339 in UTC",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"), (1_709_251_200_000, "2024-03-01T00:00:00.000Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
        ])
    func description(milliseconds: Int64, text: String) {
        #expect(Moment(microseconds: milliseconds * 1_000).description == text)
    }
}
