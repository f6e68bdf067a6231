import NotifyCore
import SMTPSender
import Testing

@Suite("The choice between relays")
struct RelayRouterTests {
    static let fault = ConnectionFault(kind: .connect, phase: .connect, message: "refused")
    let now = ContinuousClock.now

    /// Two or three relays, of which some were opened by faults.
    func router(_ count: Int = 2, ill: Set<Int> = []) -> RelayRouter {
        var router = RelayRouter((0..<count).map { RelayHealth(seed: UInt64($0)) })
        for relay in ill { for _ in 1...5 { _ = router.connectFailed(relay: relay, Self.fault, at: now) } }
        return router
    }

    /// When any pause that was begun at `now` is over.
    var later: ContinuousClock.Instant { now + .seconds(18) }

    @Test("The first relay takes all while it is well")
    func first() {
        var router = router()
        for _ in 1...5 { #expect(router.take(at: now)?.relay == 0) }
    }

    @Test("The next relay takes what an ill one cannot")
    func next() {
        var router = router(3, ill: [0, 1])
        #expect(router.take(at: now)?.relay == 2)
    }

    @Test("With every relay ill nothing goes out until the first pause is over")
    func none() throws {
        var router = router(ill: [0, 1])
        #expect(router.take(at: now) == nil)
        let again = try #require(router.opensAgain(after: now))
        #expect(again > now && again <= later)
        #expect(router.take(at: again) != nil)
    }

    @Test("One mail probes the first relay while the others go on")
    func probe() throws {
        var router = router(ill: [0])
        let taken = router.take(at: later)
        let probe = try #require(taken)
        #expect(probe.relay == 0)
        #expect(router.take(at: later)?.relay == 1)
        #expect(router.finished(Results.accepted, of: 1, recipient: 1, ticket: probe, at: later) == .recovered)
        #expect(router.take(at: later)?.relay == 0)
    }

    @Test("An account mail is a probe only where no relay is open")
    func urgent() {
        var router = router(ill: [0])
        #expect(router.take(at: later, isUrgent: true)?.relay == 1)
        var alone = self.router(1, ill: [0])
        #expect(alone.take(at: later, isUrgent: true)?.relay == 0)
    }

    @Test("A later relay is not probed while an earlier one is open")
    func idleSecond() {
        var router = router(ill: [1])
        #expect(router.take(at: later)?.relay == 0)
        #expect(router.relays[1].permit(at: later) == .probe)
    }

    @Test("A mail that failed goes elsewhere at once only when it would not come back")
    func elsewhere() {
        let well = router()
        #expect(!well.goesElsewhere(than: 0, at: now))
        #expect(well.goesElsewhere(than: 1, at: now))
        let firstIll = router(ill: [0])
        #expect(firstIll.goesElsewhere(than: 0, at: now))
        #expect(!firstIll.goesElsewhere(than: 1, at: now))
        #expect(!router(ill: [0, 1]).goesElsewhere(than: 0, at: now))
        #expect(!router(1).goesElsewhere(than: 0, at: now))
    }

    @Test("A mail that two relays refuse at MAIL is not passed back and forth as fast as they answer")
    func noPingPong() throws {
        var router = router()
        var atOnce = 0
        for _ in 1...1_000 {
            // Other mails are accepted in between, so that no breaker opens.
            for relay in 0...1 {
                let ticket = RelayHealth().unprobed(relay: relay, at: now)
                _ = router.finished(Results.accepted, of: 1, recipient: 1, ticket: ticket, at: now)
            }
            let taken = router.take(at: now)
            let ticket = try #require(taken)
            _ = router.finished(Results.mailFault, of: 2, recipient: 2, ticket: ticket, at: now)
            if router.goesElsewhere(than: ticket.relay, at: now) { atOnce += 1 }
        }
        #expect(atOnce == 0)
    }

    @Test("While only a probe is out there is no time to wait for")
    func probing() {
        var router = router(1, ill: [0])
        #expect(router.take(at: later) != nil)
        #expect(router.take(at: later) == nil)
        #expect(router.opensAgain(after: later) == nil)
    }
}
