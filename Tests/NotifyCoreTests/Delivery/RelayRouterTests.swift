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

    @Test("A mail that was given back goes on to a relay that has not had it, if only as its probe")
    func goesOn() {
        #expect(router().goesOn(after: Self.tries(0), at: now))
        #expect(router().goesOn(after: Self.tries(1), at: now))
        #expect(!router(ill: [0]).goesOn(after: Self.tries(1), at: now))
        #expect(router(ill: [0]).goesOn(after: Self.tries(1), at: later))
        #expect(!router(1).goesOn(after: Self.tries(0), at: now))
        var three = router(3)
        #expect(three.take(at: now, after: Self.tries(0))?.relay == 1)
        #expect(three.take(at: now, after: Self.tries(0, 1))?.relay == 2)
        #expect(three.take(at: now, after: Self.tries(0, 1, 2)) == nil)
    }

    @Test("A mail that every relay gives back has each of them once, however well they take other mails")
    func noPingPong() throws {
        var router = router(3)
        var tries = RelayTries()
        var takers: [Int] = []
        while takers.count < 100, let ticket = router.take(at: now, after: tries) {
            takers.append(ticket.relay)
            _ = router.finished(Results.mailFault, of: 2, recipient: 2, ticket: ticket, at: now)
            tries.add(ticket.relay, after: Results.mailFault)
            // Other mails are accepted in between, so that no breaker opens.
            for relay in 0...2 {
                let ticket = RelayHealth().unprobed(relay: relay, at: now)
                _ = router.finished(Results.accepted, of: 1, recipient: 1, ticket: ticket, at: now)
            }
        }
        #expect(takers == [0, 1, 2])
        #expect(!router.goesOn(after: tries, at: now))
    }

    @Test("A mail is unfit for all only when each relay said that it cannot carry it")
    func unfit() {
        var tries = RelayTries()
        tries.add(0, after: Results.tooLarge)
        #expect(!router().areUnfit(tries))
        #expect(router(1).areUnfit(tries))
        tries.add(1, after: Results.mailFault)
        #expect(!router().areUnfit(tries))
        tries.add(1, after: .refused(SMTPReply(code: 550, enhancedCode: EnhancedStatusCode(5, 6, 7)), .mail))
        #expect(router().areUnfit(tries))
    }

    @Test("An operator can read which relays had a mail before, and what each said, without the reply's text")
    func account() {
        var tries = RelayTries()
        #expect(tries.account(relayNames: []) == nil)
        tries.add(1, after: .refused(SMTPReply(code: 530, text: "jane@example.com: no"), .mail))
        tries.add(0, after: .unsendable(.smtputf8Unsupported))
        tries.add(2, after: .unreachable)
        #expect(
            tries.account(relayNames: ["a:25", "b:25", "c:25"])
                == """
                handed on by b:25: 530 to mail, a:25: the address needs SMTPUTF8, which the relay does not offer, \
                c:25: not begun
                """)
    }

    @Test("Two faults in a row close a relay while another is open, five when it is the last")
    func replaceable() {
        var router = router()
        #expect(router.connectFailed(relay: 0, Self.fault, at: now) == nil)
        #expect(router.connectFailed(relay: 0, Self.fault, at: now)?.isClosing == true)
        for _ in 1...4 { #expect(router.connectFailed(relay: 1, Self.fault, at: now) == nil) }
        #expect(router.connectFailed(relay: 1, Self.fault, at: now)?.isClosing == true)
    }

    @Test("A relay that says nothing while mails wait closes at once while another is open, else never")
    func stalled() throws {
        let fault = RelayFault(waited: .seconds(3))
        #expect(fault.message == "not a word within 3.0 s while mails waited")
        var alone = router(1)
        #expect(alone.stalled(relay: 0, fault, at: now) == nil)
        #expect(alone.relays[0].permit(at: now) == .open)
        var router = router()
        #expect(router.stalled(relay: 0, fault, at: now)?.isClosing == true)
        #expect(router.relays[0].complaint == "not a word within 3.0 s while mails waited")
        #expect(router.stalled(relay: 0, fault, at: now) == nil)
        #expect(router.stalled(relay: 1, fault, at: now) == nil)
        #expect(router.take(at: now)?.relay == 1)
        let taken = router.take(at: later)
        #expect(try #require(taken).relay == 0)
        guard case .stillClosed(let pause) = router.stalled(relay: 0, fault, at: later) else {
            Issue.record("a probe that got no session did not fail")
            return
        }
        #expect(pause >= .seconds(24) && pause <= .seconds(36))
    }

    static func tries(_ relays: Int...) -> RelayTries {
        var tries = RelayTries()
        for relay in relays { tries.add(relay, after: Results.mailFault) }
        return tries
    }

    @Test("While only a probe is out there is no time to wait for")
    func probing() {
        var router = router(1, ill: [0])
        #expect(router.take(at: later) != nil)
        #expect(router.take(at: later) == nil)
        #expect(router.opensAgain(after: later) == nil)
    }
}
