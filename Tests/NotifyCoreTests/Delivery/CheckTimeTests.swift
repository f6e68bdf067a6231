import Testing

@testable import NotifyCore

@Suite("From when a check counts")
struct CheckTimeTests {
    @Test(
        "From before it was asked for; however long the answer took, 50 ms of its 100 are left",
        arguments: [(0, 0), (10, 10), (50, 50), (51, 50), (3_000, 50)])
    func age(tookMilliseconds: Int, isOldByMilliseconds: Int) {
        let asked = ContinuousClock.now
        let answered = asked + .milliseconds(tookMilliseconds)
        let checked = DeliveryPath.checkTime(askedAt: asked, answeredAt: answered)
        #expect(answered - checked == .milliseconds(isOldByMilliseconds))
    }
}
