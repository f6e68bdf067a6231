import NotifyCore
import SMTPSender
import Testing

@Suite("The health of a relay")
struct RelayHealthTests {
    @Test("Five faults in a row open the breaker for 15 seconds, of whatever sort")
    func opens() {
        var story = RelayStory()
        #expect(story.connectFailed() == nil)
        #expect(story.finish(Results.mailFault) == nil)
        #expect(story.connectFailed() == nil)
        #expect(story.finish(.interrupted(.mail)) == nil)
        #expect(story.permit == .open)
        guard case .opened(let fault, let pause) = story.finish(.refused(SMTPReply(code: 530), .rcpt)) else {
            Issue.record("it did not open")
            return
        }
        #expect(fault.message == "the relay wants a login (530)")
        #expect(pause >= .seconds(12) && pause <= .seconds(18))
        #expect(story.permit == .closed(until: story.now + pause))
        #expect(story.take() == nil)
        story.now += pause - .nanoseconds(1)
        #expect(story.take() == nil)
        story.now += .nanoseconds(1)
        #expect(story.permit == .probe)
    }

    @Test(
        "Any answer about a mail breaks a row of faults",
        arguments: [Results.accepted, Results.deferred, Results.refused, Results.unknownUser])
    func rowBroken(_ result: SendResult) {
        var story = RelayStory()
        for _ in 1...20 {
            for _ in 1...4 { #expect(story.connectFailed() == nil) }
            #expect(story.finish(result, recipient: 1) == nil)
        }
        #expect(story.permit == .open)
    }

    @Test(
        "Results that say nothing about the relay neither break a row of faults nor make it longer",
        arguments: [
            SendResult.unreachable, .unknown, .interrupted(.content), .unsendable(.smtputf8Unsupported),
            .unsendable(.invalidEnvelope("x")), Results.tooLarge,
        ])
    func neutral(_ result: SendResult) {
        var story = RelayStory()
        for _ in 1...20 { #expect(story.finish(result) == nil) }
        for _ in 1...4 { #expect(story.connectFailed() == nil) }
        #expect(story.finish(result) == nil)
        #expect(story.connectFailed()?.isClosing == true)
    }

    @Test("One probe goes out, and while it is out nothing else")
    func oneProbe() throws {
        var story = RelayStory()
        story.open()
        _ = try story.waitForProbe()
        #expect(story.take() == nil)
        #expect(story.permit == .closed(until: nil))
        story.now += .seconds(1_799)
        #expect(story.take() == nil)
    }

    @Test("A probe whose result never comes is given up after half an hour, and its late result counts for nothing")
    func lostProbe() throws {
        var story = RelayStory()
        story.open()
        let lost = try story.waitForProbe()
        story.now += .seconds(1_800)
        let taken = story.take()
        let second = try #require(taken)
        #expect(second != lost)
        #expect(story.finish(Results.mailFault, lost) == nil)
        #expect(story.permit == .closed(until: nil))
        #expect(story.finish(Results.accepted, second) == .recovered)
    }

    @Test("Each failed probe doubles the pause, up to two minutes")
    func backOff() throws {
        var story = RelayStory()
        story.open()
        for seconds in [30, 60, 120, 120, 120] {
            let probe = try story.waitForProbe()
            let change = seconds % 60 == 0 ? story.connectFailed() : story.finish(Results.mailFault, probe)
            guard case .stillClosed(let pause) = change else {
                Issue.record("a failed probe did not close it again: \(String(describing: change))")
                return
            }
            #expect(pause >= .seconds(seconds) * 0.8 && pause <= .seconds(seconds) * 1.2)
        }
    }

    @Test(
        "Any answer about a mail closes a breaker that faults opened",
        arguments: [Results.accepted, Results.deferred, Results.refused])
    func recovers(_ result: SendResult) throws {
        var story = RelayStory()
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
        var story = RelayStory()
        story.open()
        #expect(story.finish(Results.accepted) == .recovered)
    }

    @Test("A relay left alone for its silence comes back with a probe that is answered soon, not with late answers")
    func silence() throws {
        var story = RelayStory()
        #expect(story.health.stalled(RelayFault(waited: .seconds(3)), at: story.now)?.isClosing == true)
        #expect(story.finish(Results.accepted) == nil)
        #expect(story.health.complaint != nil)
        let late = try story.waitForProbe()
        story.now += .milliseconds(3_001)
        guard case .stillClosed = story.finish(Results.accepted, late) else {
            Issue.record("a probe that was answered late did not fail")
            return
        }
        let prompt = try story.waitForProbe()
        story.now += .seconds(3)
        #expect(story.finish(Results.deferred, prompt) == .recovered)
        #expect(story.health.complaint == nil)
    }

    @Test("Late faults do not lengthen the pause")
    func lateFaults() {
        var story = RelayStory()
        story.open()
        let permit = story.permit
        for _ in 1...50 {
            #expect(story.finish(Results.mailFault) == nil)
            #expect(story.connectFailed() == nil)
        }
        #expect(story.permit == permit)
    }

    @Test(
        "A probe that says nothing about the relay is followed by another",
        arguments: [
            (SendResult.unreachable, false), (.unknown, false), (.interrupted(.data), false),
            (Results.tooLarge, true),
        ])
    func neutralProbe(_ result: SendResult, _ atOnce: Bool) throws {
        var story = RelayStory()
        story.open()
        let probe = try story.waitForProbe()
        #expect(story.finish(result, probe) == nil)
        #expect((story.permit == .probe) == atOnce)
        _ = try story.waitForProbe()
    }

    @Test("The last fault is kept for readiness until the relay answers about a mail")
    func lastFault() {
        var story = RelayStory()
        _ = story.health.connectFailed(
            ConnectionFault(kind: .login, phase: .login, reply: SMTPReply(code: 535), message: "login refused"),
            at: story.now)
        #expect(story.health.lastFault?.message == "login refused")
        story.finish(.refused(SMTPReply(code: 550, text: "jane@example.com: go away"), .mail))
        #expect(story.health.lastFault?.message == "the relay answered 550 to mail")
        story.finish(Results.deferred)
        #expect(story.health.lastFault == nil)
    }

    @Test("A probe that was not handed over leaves the relay to be probed at once, whatever was given out before")
    func probeGivenBack() throws {
        var story = RelayStory()
        let early = story.health.unprobed(at: story.now)
        story.open()
        let probe = try story.waitForProbe()
        #expect(story.take() == nil)
        story.health.giveBack(early, at: story.now)
        #expect(story.permit == .closed(until: nil))
        story.health.giveBack(probe, at: story.now)
        #expect(story.permit == .probe)
        let taken = story.take()
        let next = try #require(taken)
        #expect(story.finish(Results.accepted, next) == .recovered)
    }
}
