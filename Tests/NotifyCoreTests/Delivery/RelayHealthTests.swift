import NotifyCore
import SMTPSender
import Testing

@Suite("The health of a relay")
struct RelayHealthTests {
    /// A relay with a clock of its own, so that a test reads as a story.
    struct Story {
        var health = RelayHealth(seed: 1)
        var now = ContinuousClock.now
        var recipients: UInt64 = 0

        var permit: RelayPermit { health.permit(at: now) }

        mutating func take() -> RelayTicket? { health.take(relay: 0, at: now) }

        /// A mail that went out while all was well comes back.
        @discardableResult
        mutating func finish(_ result: SendResult, recipient: UInt64? = nil) -> RelayChange? {
            finish(result, RelayHealth(seed: 0).unprobed(at: now), recipient: recipient)
        }

        @discardableResult
        mutating func finish(_ result: SendResult, _ ticket: RelayTicket, recipient: UInt64? = nil) -> RelayChange? {
            recipients += 1
            return health.finished(result, recipient: recipient ?? recipients, ticket: ticket, at: now)
        }

        mutating func connectFailed() -> RelayChange? {
            health.connectFailed(ConnectionFault(kind: .connect, phase: .connect, message: "refused"), at: now)
        }

        /// To the instant at which the relay may be probed.
        mutating func waitForProbe() throws -> RelayTicket {
            if case .closed(let until?) = permit { now = until }
            #expect(permit == .probe)
            let ticket = take()
            return try #require(ticket)
        }

        mutating func open() {
            for _ in 1...4 { #expect(connectFailed() == nil) }
            #expect(connectFailed()?.isAlarm == true)
        }
    }

    static let accepted = SendResult.accepted(SMTPReply(code: 250))
    static let mailFault = SendResult.refused(SMTPReply(code: 421), .mail)
    static let deferred = SendResult.refused(SMTPReply(code: 451), .dot)
    static let refused = SendResult.refused(SMTPReply(code: 550), .rcpt)
    static let unknownUser = SendResult.refused(
        SMTPReply(code: 550, enhancedCode: EnhancedStatusCode(5, 1, 1)), .rcpt)

    @Test("Five faults in a row open the breaker for 15 seconds, of whatever sort")
    func opens() {
        var story = Story()
        #expect(story.connectFailed() == nil)
        #expect(story.finish(Self.mailFault) == nil)
        #expect(story.connectFailed() == nil)
        #expect(story.finish(.interrupted(.mail)) == nil)
        #expect(story.permit == .open)
        guard case .opened(let fault, let pause) = story.finish(.refused(SMTPReply(code: 530), .rcpt)) else {
            Issue.record("it did not open")
            return
        }
        #expect(fault.isLogin)
        #expect(pause >= .seconds(12) && pause <= .seconds(18))
        #expect(story.permit == .closed(until: story.now + pause))
        #expect(story.take() == nil)
        story.now += pause - .nanoseconds(1)
        #expect(story.take() == nil)
        story.now += .nanoseconds(1)
        #expect(story.permit == .probe)
    }

    @Test("Any answer about a mail breaks a row of faults", arguments: [accepted, deferred, refused, unknownUser])
    func rowBroken(_ result: SendResult) {
        var story = Story()
        for _ in 1...20 {
            for _ in 1...4 { #expect(story.connectFailed() == nil) }
            #expect(story.finish(result, recipient: 1) == nil)
        }
        #expect(story.permit == .open)
    }

    @Test("Results that say nothing about the relay neither break a row of faults nor make it longer", arguments: [
        SendResult.unreachable, .unknown, .interrupted(.content), .smtputf8Unsupported, .invalidEnvelope("x"),
    ])
    func neutral(_ result: SendResult) {
        var story = Story()
        for _ in 1...20 { #expect(story.finish(result) == nil) }
        for _ in 1...4 { #expect(story.connectFailed() == nil) }
        #expect(story.finish(result) == nil)
        #expect(story.connectFailed()?.isAlarm == true)
    }

    @Test("One probe goes out, and while it is out nothing else")
    func oneProbe() throws {
        var story = Story()
        story.open()
        _ = try story.waitForProbe()
        #expect(story.take() == nil)
        #expect(story.permit == .closed(until: nil))
        story.now += .seconds(1_799)
        #expect(story.take() == nil)
    }

    @Test("A probe whose result never comes is given up after half an hour, and its late result counts for nothing")
    func lostProbe() throws {
        var story = Story()
        story.open()
        let lost = try story.waitForProbe()
        story.now += .seconds(1_800)
        let taken = story.take()
        let second = try #require(taken)
        #expect(second != lost)
        #expect(story.finish(Self.mailFault, lost) == nil)
        #expect(story.permit == .closed(until: nil))
        #expect(story.finish(Self.accepted, second) == .recovered)
    }

    @Test("Each failed probe doubles the pause, up to two minutes")
    func backOff() throws {
        var story = Story()
        story.open()
        for seconds in [30, 60, 120, 120, 120] {
            let probe = try story.waitForProbe()
            let change = seconds % 60 == 0 ? story.connectFailed() : story.finish(Self.mailFault, probe)
            guard case .stillClosed(let pause) = change else {
                Issue.record("a failed probe did not close it again: \(String(describing: change))")
                return
            }
            #expect(pause >= .seconds(seconds) * 0.8 && pause <= .seconds(seconds) * 1.2)
        }
    }

    @Test("Any answer about a mail closes a breaker that faults opened", arguments: [accepted, deferred, refused])
    func recovers(_ result: SendResult) throws {
        var story = Story()
        story.open()
        let probe = try story.waitForProbe()
        #expect(story.finish(result, probe) == .recovered)
        #expect(story.permit == .open)
        // The next time it opens for the shortest pause again.
        story.open()
        guard case .closed(let until?) = story.permit else {
            Issue.record("it did not open again")
            return
        }
        #expect(until <= story.now + .seconds(18))
    }

    @Test("A mail from before that is accepted after the breaker opened closes it")
    func lateAcceptance() {
        var story = Story()
        story.open()
        #expect(story.finish(Self.accepted) == .recovered)
    }

    @Test("Late faults do not lengthen the pause")
    func lateFaults() {
        var story = Story()
        story.open()
        let permit = story.permit
        for _ in 1...50 {
            #expect(story.finish(Self.mailFault) == nil)
            #expect(story.connectFailed() == nil)
        }
        #expect(story.permit == permit)
    }

    @Test(
        "A probe that says nothing about the relay is followed by another",
        arguments: [(SendResult.unreachable, false), (.unknown, false), (.interrupted(.data), false), (.smtputf8Unsupported, true)])
    func neutralProbe(_ result: SendResult, _ atOnce: Bool) throws {
        var story = Story()
        story.open()
        let probe = try story.waitForProbe()
        #expect(story.finish(result, probe) == nil)
        #expect((story.permit == .probe) == atOnce)
        _ = try story.waitForProbe()
    }

    @Test("Ten permanent refusals in a row to five recipients pause it with an alarm", arguments: [refused, unknownUser])
    func pauses(_ result: SendResult) {
        var story = Story()
        for count in 1...9 { #expect(story.finish(result, recipient: UInt64(count % 5)) == nil) }
        #expect(story.finish(result, recipient: 0)?.isAlarm == true)
        #expect(story.health.isPausedForRefusals)
        #expect(story.take() == nil)
    }

    @Test("Refusals to four recipients never pause it")
    func fewRecipients() {
        var story = Story()
        for count in 1...200 { #expect(story.finish(Self.unknownUser, recipient: UInt64(count % 4)) == nil) }
        #expect(story.permit == .open)
    }

    @Test("Half of the last fifty refused pause it, fewer do not")
    func half() {
        var story = Story()
        for _ in 1...100 {
            #expect(story.finish(Self.refused) == nil)
            #expect(story.finish(Self.accepted) == nil)
            #expect(story.finish(Self.accepted) == nil)
        }
        var worse = Story()
        for _ in 1...24 {
            #expect(worse.finish(Self.refused) == nil)
            #expect(worse.finish(Self.accepted) == nil)
        }
        guard case .pausedForRefusals = worse.finish(Self.refused) else {
            Issue.record("25 refusals among 49 did not pause it")
            return
        }
    }

    @Test("Refusals further back than fifty results are forgotten")
    func window() {
        var story = Story()
        for _ in 1...24 {
            #expect(story.finish(Self.refused) == nil)
            #expect(story.finish(Self.deferred) == nil)
        }
        for _ in 1...50 { #expect(story.finish(Self.accepted) == nil) }
        for _ in 1...9 { #expect(story.finish(Self.refused) == nil) }
        #expect(story.permit == .open)
    }

    @Test("Only an accepted probe ends a pause for refusals, and then the refusals before it are forgotten")
    func unpauses() throws {
        var story = Story()
        for _ in 1...10 { story.finish(Self.refused) }
        #expect(story.finish(Self.accepted) == nil, "an acceptance of a mail from before")
        #expect(story.health.isPausedForRefusals)
        for result in [Self.refused, Self.deferred] {
            let probe = try story.waitForProbe()
            guard case .stillClosed = story.finish(result, probe) else {
                Issue.record("\(result) ended the pause")
                return
            }
        }
        let probe = try story.waitForProbe()
        #expect(story.finish(Self.accepted, probe) == .recovered)
        for _ in 1...9 { #expect(story.finish(Self.refused) == nil) }
    }

    @Test("The record tells whether one of the last ten results was an acceptance")
    func record() {
        var story = Story()
        #expect(!story.health.hasAcceptedLately)
        story.finish(Self.accepted, recipient: 1)
        for _ in 1...9 {
            story.finish(Self.deferred)
            #expect(story.health.hasAcceptedLately)
        }
        story.finish(.unknown)
        #expect(story.health.hasAcceptedLately)
        story.finish(Self.refused)
        #expect(!story.health.hasAcceptedLately)
    }

    @Test("A relay that suddenly refuses all burns ten events at most")
    func backlog() {
        var story = Story()
        for _ in 1...100 { story.finish(Self.accepted) }
        var burnt = 0
        for _ in 1...1_000 {
            let context = AttemptContext(
                chargedAttempts: 0, remaining: .seconds(86_400), holdsUnknown: false,
                hasRelayAcceptedOthers: story.health.hasAcceptedLately, canGoElsewhere: false)
            let verdict = classify(Self.refused, of: context, schedule: .standard, jitter: .none)
            if verdict.outcome == .failed(.recipientRefused) { burnt += 1 }
            story.finish(Self.refused)
        }
        #expect(burnt == 10)
        #expect(story.health.isPausedForRefusals)
    }

    @Test("The last fault is kept for readiness until the relay answers about a mail")
    func lastFault() {
        var story = Story()
        _ = story.health.connectFailed(
            ConnectionFault(kind: .login, phase: .login, reply: SMTPReply(code: 535), message: "login refused"), at: story.now)
        #expect(story.health.lastFault?.isLogin == true)
        #expect(story.health.lastFault?.message == "login refused")
        story.finish(.refused(SMTPReply(code: 550, text: "jane@example.com: go away"), .mail))
        #expect(story.health.lastFault?.isLogin == false)
        #expect(story.health.lastFault?.message == "the relay answered 550 to mail")
        story.finish(Self.deferred)
        #expect(story.health.lastFault == nil)
    }
}

extension RelayHealth {
    /// A ticket as a relay gives them out while all is well.
    func unprobed(at now: ContinuousClock.Instant) -> RelayTicket {
        var health = self
        guard let ticket = health.take(relay: 0, at: now) else { preconditionFailure("a new relay is open") }
        return ticket
    }
}
