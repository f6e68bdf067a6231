import Testing

@testable import NotifyCore

@Suite("The term of a lease")
struct LeaseTermTests {
    private let start = ContinuousClock.now

    private func at(_ seconds: Int) -> ContinuousClock.Instant { start + .seconds(seconds) }

    @Test("covers what was checked in it until the lease would end")
    func first() {
        let term = LeaseTerm(lease: .seconds(10), from: start)
        #expect(term.covers(at(0), at: at(9)))
        #expect(!term.covers(at(0), at: at(10)))
    }

    @Test("goes on with each heartbeat that is answered before its end, counted from when it was sent")
    func extended() {
        let term = LeaseTerm(lease: .seconds(10), from: start)
        term.extend(sentAt: at(3), answeredAt: at(9))
        #expect(term.covers(at(0), at: at(12)))
        #expect(!term.covers(at(0), at: at(13)))
    }

    @Test("begins anew with a heartbeat that may have come too late: what was checked before counts no more")
    func broken() {
        let term = LeaseTerm(lease: .seconds(10), from: start)
        term.extend(sentAt: at(9), answeredAt: at(10))
        #expect(!term.covers(at(9), at: at(11)))
        #expect(term.covers(at(10), at: at(11)))
        #expect(!term.covers(at(10), at: at(19)))
    }
}
