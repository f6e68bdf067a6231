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
        #expect(turn.next(hasSuspect: true, inFlight: 5, now: at(2)) == .claimOthers(upTo: 1))
        #expect(turn.next(hasSuspect: true, inFlight: 0, now: at(11.9)) == .claimOthers(upTo: 1))
        #expect(turn.next(hasSuspect: true, inFlight: 5, now: at(12)) == .wait)
        #expect(turn.next(hasSuspect: true, inFlight: 0, now: at(12.1)) == .claimSuspect)
    }

    @Test(
        "comes within half a minute where a slow relay has a full path: no more is claimed than it takes in two seconds"
    )
    func slowRelay() {
        var (turn, inFlight, second) = (SuspectTurn(), 512, 0.0)
        var action = turn.next(hasSuspect: true, inFlight: inFlight, now: at(second))
        while action != .claimSuspect, second < 100 {
            second += 0.1
            inFlight = max(0, inFlight - 2)
            action = turn.next(hasSuspect: true, inFlight: inFlight, now: at(second))
            // There is always more to claim.
            if case .claimOthers(let limit) = action { inFlight = max(inFlight, min(512, limit)) }
        }
        #expect(action == .claimSuspect && second < 40, "after \(second) s")
        #expect(turn.next(hasSuspect: false, inFlight: 0, now: at(second + 1)) == .claimOthers)
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
