import NotifyCore
import Testing

@testable import NotifyWorker

@Suite("Text for a terminal")
struct TextTests {
    @Test("Columns line up, numbers to the right, wide characters counted twice, controls escaped")
    func table() {
        var table = TextTable([("NAME", .left), ("COUNT", .right), ("NOTE", .left)])
        table.add(["a", "7", "first"])
        table.add(["日本", "1234567", "se\u{1b}cond"])
        #expect(
            table.text == """
                NAME    COUNT  NOTE
                a           7  first
                日本  1234567  se\\u{1b}cond
                """)
    }

    @Test(
        "A span shows its two largest units",
        arguments: [
            (-1, "0 s"), (0.4, "0 s"), (59.9, "59 s"), (60, "1 m"), (125, "2 m 5 s"), (7_200, "2 h"),
            (7_260, "2 h 1 m"),
            (90_000, "1 d 1 h"), (1e300, "11574074 d 1 h"),
        ])
    func span(seconds: Double, text: String) {
        #expect(shortSpan(seconds: seconds) == text)
    }

    @Test(
        "--send-at takes a time with its zone, or a wait",
        arguments: [
            ("2026-11-27T09:00:00Z", .at("2026-11-27T09:00:00Z")), ("+90s", .afterSeconds(90)),
            ("+10m", .afterSeconds(600)), ("+2h", .afterSeconds(7_200)), ("+1d", .afterSeconds(86_400)),
            ("+0s", .afterSeconds(0)),
            ("tomorrow", nil), ("2026-11-27T09:00:00", nil), ("+m", nil), ("+1w", nil), ("10m", nil), ("+-5m", nil),
            ("+9999999d", nil), ("", nil),
        ] as [(String, NewEvent.SendTime?)])
    func sendTime(argument: String, time: NewEvent.SendTime?) {
        #expect(SendTimeArgument(argument: argument)?.time == time)
    }
}
