import Testing

@testable import SMTPSender

@Suite("A pipelined session")
struct SessionPipeliningTests {
    @Test("Without the extension every command waits for its reply")
    func inTurnWithoutExtension() {
        var harness = SessionHarness(.content, extensions: [])
        harness.begin()
        #expect(harness.takeWritten() == ["MAIL FROM:<s@example.com>"])
        harness.reply("250 ok")
        #expect(harness.takeWritten() == ["RCPT TO:<a@example.com>"])
        harness.reply("250 ok")
        #expect(harness.takeWritten() == ["DATA"])
        harness.reply("354 go on")
        harness.writeContent()
        #expect(harness.takeWritten() == ["Subject: x", "", "x", "."])
        harness.reply("250 ok")
        #expect(harness.session.turn == .mail(inTurnToo: true))
    }

    @Test("The next mail's commands follow a content in one write once dots are answered fast")
    func joinsContent() {
        var harness = SessionHarness(.content)
        harness.deliver()
        harness.begin()
        harness.reply("250 ok", "250 ok", "354 go on")
        _ = harness.takeWritten()
        harness.relayReads = false
        harness.writeContent()
        #expect(harness.session.turn == .join(.zero))
        harness.begin(recipient: "b@example.com")
        harness.flush()
        #expect(
            harness.takeWritten() == [
                "Subject: x", "", "x", ".", "MAIL FROM:<s@example.com>", "RCPT TO:<b@example.com>", "DATA",
            ])
        harness.relayReads = true
        harness.reply("250 queued", "250 ok", "250 ok", "354 go on")
        harness.writeContent()
        harness.reply("250 queued")
        #expect(harness.takeOutcomes() == ["1 accepted 250", "2 accepted 250", "3 accepted 250"])
    }

    @Test("A relay that is slow to answer a final dot gets the next mail only after its reply")
    func slowDotIsNotJoined() {
        var harness = SessionHarness(.content)
        harness.begin()
        harness.reply("250 ok", "250 ok", "354 go on")
        harness.writeContent()
        harness.now += .milliseconds(200)
        harness.reply("250 queued")
        harness.begin()
        harness.reply("250 ok", "250 ok", "354 go on")
        harness.writeContent()
        #expect(harness.session.turn == .wait)
    }

    @Test("The first mail of a session is never joined: how fast the relay answers is not known")
    func firstIsNotJoined() {
        var harness = SessionHarness(.content)
        harness.begin()
        harness.reply("250 ok", "250 ok", "354 go on")
        harness.writeContent()
        #expect(harness.session.turn == .wait)
    }

    @Test(
        "A refused RCPT whose DATA is answered with 354 is ended by a lone dot",
        arguments: ["250 ok", "554 5.5.1 empty"])
    func loneDot(answer: String) {
        var harness = SessionHarness(.transaction)
        harness.begin()
        harness.reply("250 ok", "550 5.1.1 no such user", "354 go on")
        #expect(harness.takeWritten().suffix(1) == ["."])
        harness.reply(answer)
        #expect(harness.takeOutcomes() == ["1 refused 550 rcpt"])
        #expect(harness.session.turn == .mail(inTurnToo: true))
    }

    @Test("After a refused RCPT the open MAIL is reset, and the next group follows without waiting")
    func reset() {
        var harness = SessionHarness(.transaction)
        harness.begin()
        harness.reply("250 ok", "550 5.1.1 no such user", "554 5.5.1 no valid recipients")
        #expect(harness.takeWritten().suffix(1) == ["RSET"])
        #expect(harness.session.turn == .mail(inTurnToo: false))
        harness.begin()
        harness.reply("250 reset", "250 ok", "250 ok", "354 go on")
        harness.writeContent()
        harness.reply("250 queued")
        #expect(harness.takeOutcomes() == ["1 refused 550 rcpt", "2 accepted 250"])
    }

    @Test("The replies to RCPT and DATA behind a refused MAIL are read and mean nothing")
    func mailRefusedInGroup() {
        var harness = SessionHarness(.transaction)
        harness.begin()
        harness.reply("452 4.3.1 full", "503 5.5.1 need MAIL", "503 5.5.1 need RCPT")
        #expect(harness.takeOutcomes() == ["1 refused 452 mail"])
        #expect(harness.session.turn == .mail(inTurnToo: true))
    }

    @Test(
        "503 or 5.5.x to a joined group is tried again in turn, and blamed on the group only if that goes well",
        arguments: ["503 bad sequence", "550 5.5.0 pipelining"])
    func suspicion(answer: String) {
        var harness = SessionHarness(.content)
        harness.begin()
        harness.reply("250 ok", answer, "503 5.5.1 need RCPT", "250 reset")
        #expect(harness.takeOutcomes() == ["1 back in turn"])
        var history = SubmissionHistory()
        history.inTurn = true
        history.suspicion = .init(phase: .rcpt, group: .transaction)
        harness.begin(history: history)
        #expect(harness.takeWritten().suffix(1) == ["MAIL FROM:<s@example.com>"])
        harness.reply("250 ok", "250 ok")
        #expect(harness.takeOutcomes() == ["pipelining failed at transaction"])
    }

    @Test("A reply that means the recipient stays a refusal when it is the same in turn")
    func suspicionUnfounded() {
        var harness = SessionHarness(.content)
        var history = SubmissionHistory()
        history.inTurn = true
        history.suspicion = .init(phase: .rcpt, group: .transaction)
        harness.begin(history: history)
        harness.reply("250 ok", "550 5.5.0 mailbox unavailable")
        #expect(harness.takeOutcomes() == ["1 refused 550 rcpt"])
    }

    @Test("A close behind a content with a joined group leaves the first mail unknown and takes the second back")
    func closeBehindJoinedGroup() {
        var harness = SessionHarness(.content)
        harness.deliver()
        harness.begin()
        harness.reply("250 ok", "250 ok", "354 go on")
        harness.writeContent()
        harness.begin()
        _ = harness.takeOutcomes()
        harness.close()
        #expect(
            harness.takeOutcomes() == [
                "pipelining failed at content", "2 unknown", "3 back in turn", "ended closed dot",
            ])
    }

    @Test(
        "A mail behind whose MAIL a group falls silent is begun again in turn; the relay steps down if that goes well")
    func silenceBehindGroup() {
        var harness = SessionHarness(.content)
        harness.begin()
        harness.reply("250 ok")
        harness.timeOut()
        #expect(harness.takeOutcomes() == ["1 back in turn", "ended timeout rcpt"])

        var history = SubmissionHistory()
        (history.returns, history.inTurn) = (1, true)
        history.suspicion = .init(phase: .rcpt, group: .transaction)
        var again = SessionHarness(.content)
        again.begin(history: history)
        again.reply("250 ok")
        var silent = again.session
        silent.timedOut(into: &again.buffer, now: again.now + .seconds(600))
        #expect(silent.turn == .ended)
        again.reply("250 ok")
        #expect(again.takeOutcomes() == ["pipelining failed at transaction"])
    }

    @Test("A silence from the first command on, or to one in turn, blames no group")
    func silenceFromTheStart() {
        var harness = SessionHarness(.content)
        harness.begin()
        harness.timeOut()
        #expect(harness.takeOutcomes() == ["1 interrupted mail", "ended timeout mail"])
        var inTurn = SessionHarness(.inTurn)
        inTurn.begin()
        inTurn.reply("250 ok")
        inTurn.timeOut()
        #expect(inTurn.takeOutcomes() == ["1 interrupted rcpt", "ended timeout rcpt"])
    }

    @Test("The mail behind an answer that is late goes back to the lane, and the session ends with that answer")
    func lateAnswer() {
        var harness = SessionHarness(.content)
        harness.deliver()
        harness.begin()
        harness.reply("250 ok", "250 ok", "354 go on")
        harness.writeContent()
        harness.begin()
        _ = harness.takeOutcomes()
        harness.timeOut()
        #expect(harness.takeOutcomes() == ["3 back"])
        #expect(harness.session.turn == .wait)
        var silent = harness.session
        silent.timedOut(into: &harness.buffer, now: harness.now + .seconds(600))
        #expect(silent.turn == .ended)
        harness.reply("250 queued")
        #expect(harness.takeOutcomes() == ["2 accepted 250", "ended"])
    }

    @Test("421 to a final dot refuses that mail, takes the joined one back and lowers the number of connections")
    func busyAtDot() {
        var harness = SessionHarness(.content)
        harness.deliver()
        harness.begin()
        harness.reply("250 ok", "250 ok", "354 go on")
        harness.writeContent()
        harness.begin()
        _ = harness.takeOutcomes()
        harness.reply("421 4.7.0 too much")
        #expect(harness.takeOutcomes() == ["too busy", "2 refused 421 dot", "3 back", "ended closed dot"])
    }

    @Test("auto falls back one step at a time, for an hour; the other settings stay")
    func record() {
        let start = ContinuousClock.now
        var auto = PipeliningRecord(setting: .auto)
        #expect(auto.level(at: start) == .content)
        auto.failed(at: .content, now: start)
        auto.failed(at: .content, now: start)
        #expect(auto.level(at: start) == .transaction)
        auto.failed(at: .transaction, now: start + .seconds(60))
        #expect(auto.level(at: start + .seconds(3_600)) == .inTurn)
        #expect(auto.level(at: start + .seconds(3_660)) == .content)
        var fixed = PipeliningRecord(setting: .transaction)
        fixed.failed(at: .transaction, now: start)
        #expect(fixed.level(at: start) == .transaction)
    }
}
