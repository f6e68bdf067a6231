import Testing

@testable import NotifyCore

@Suite("A suspect's turn")
struct SuspectTurnTests {
    private let start = ContinuousClock.now
    private func at(_ seconds: Double) -> ContinuousClock.Instant { start + .seconds(seconds) }

    @Test("is none where there is no suspect")
    func none() {
        var turn = SuspectTurn()
        for second in 0..<5 {
            #expect(turn.next(hasSuspect: false, inFlight: second, now: at(Double(second))) == .claimOthers)
        }
    }

    @Test("comes when nothing is in flight, and nothing else is claimed until it has ended")
    func alone() {
        var turn = SuspectTurn()
        #expect(turn.next(hasSuspect: true, inFlight: 5, now: at(0)) == .wait)
        #expect(turn.next(hasSuspect: true, inFlight: 1, now: at(1)) == .wait)
        #expect(turn.next(hasSuspect: true, inFlight: 0, now: at(1.5)) == .claimSuspect)
        #expect(turn.next(hasSuspect: true, inFlight: 1, now: at(1.6)) == .wait)
        #expect(turn.next(hasSuspect: true, inFlight: 0, now: at(1.7)) == .claimSuspect)
        #expect(turn.next(hasSuspect: false, inFlight: 1, now: at(1.8)) == .wait)
        #expect(turn.next(hasSuspect: false, inFlight: 0, now: at(1.9)) == .claimOthers)
    }

    @Test("is put off for ten seconds where what is in flight does not come to its end within two")
    func busy() {
        var turn = SuspectTurn()
        #expect(turn.next(hasSuspect: true, inFlight: 5, now: at(0)) == .wait)
        #expect(turn.next(hasSuspect: true, inFlight: 5, now: at(1.9)) == .wait)
        #expect(turn.next(hasSuspect: true, inFlight: 5, now: at(2)) == .claimOthers)
        #expect(turn.next(hasSuspect: true, inFlight: 0, now: at(11.9)) == .claimOthers)
        #expect(turn.next(hasSuspect: true, inFlight: 5, now: at(12)) == .wait)
        #expect(turn.next(hasSuspect: true, inFlight: 0, now: at(12.1)) == .claimSuspect)
    }

    @Test("comes after half a minute beside what does not come to its end, and then all suspects do")
    func beside() {
        var turn = SuspectTurn()
        var waited = 0.0
        var action = turn.next(hasSuspect: true, inFlight: 512, now: at(0))
        var others = 0
        while action != .claimSuspect, waited < 100 {
            waited += 0.1
            action = turn.next(hasSuspect: true, inFlight: 512, now: at(waited))
            if action == .claimOthers { others += 1 }
        }
        #expect(abs(waited - 26) < 1, "after \(waited) s")
        #expect(others > 150, "the others were claimed in most of that time")
        #expect(turn.next(hasSuspect: true, inFlight: 512, now: at(waited + 0.1)) == .claimSuspect)
        #expect(turn.next(hasSuspect: false, inFlight: 512, now: at(waited + 0.2)) == .claimOthers)
        #expect(turn.next(hasSuspect: true, inFlight: 512, now: at(waited + 20)) == .wait, "a later one tries anew")
    }

    @Test("is over after two seconds: what takes long at its relay keeps nobody waiting")
    func slow() {
        var turn = SuspectTurn()
        #expect(turn.next(hasSuspect: true, inFlight: 0, now: at(0)) == .claimSuspect)
        #expect(turn.next(hasSuspect: true, inFlight: 1, now: at(1.9)) == .wait)
        #expect(turn.next(hasSuspect: true, inFlight: 1, now: at(2)) == .claimOthers)
        #expect(turn.next(hasSuspect: true, inFlight: 100, now: at(3)) == .claimOthers)
        #expect(turn.next(hasSuspect: true, inFlight: 100, now: at(12)) == .wait)
    }
}
