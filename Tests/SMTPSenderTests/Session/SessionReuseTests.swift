import Testing

@testable import SMTPSender

@Suite("A reused session")
struct SessionReuseTests {
    @Test("that the relay closed before it answered MAIL gives the mail back, once")
    func idleClose() {
        var harness = SessionHarness(.content)
        harness.deliver()
        harness.now += .seconds(20)
        harness.begin()
        _ = harness.takeOutcomes()
        harness.close()
        #expect(harness.takeOutcomes() == ["2 back", "ended closed mail"])

        var second = SessionHarness(.inTurn)
        second.deliver()
        var history = SubmissionHistory()
        history.returns = 1
        second.begin(history: history)
        _ = second.takeOutcomes()
        second.close()
        #expect(second.takeOutcomes() == ["2 interrupted mail", "ended closed mail"])
    }

    @Test("that answers MAIL with 421 gives the mail back")
    func busyAtMail() {
        var harness = SessionHarness(.inTurn)
        harness.deliver()
        harness.begin()
        _ = harness.takeOutcomes()
        harness.reply("421 4.4.2 idle for too long")
        #expect(harness.takeOutcomes() == ["too busy", "2 back", "ended closed mail"])
    }

    @Test("closes quietly when the relay leaves between two mails")
    func closeWhileIdle() {
        var harness = SessionHarness(.inTurn)
        harness.deliver()
        _ = harness.takeOutcomes()
        harness.close()
        #expect(harness.takeOutcomes() == ["ended"])
    }

    @Test("says QUIT after its number of mails, and waits 5 s for the reply at most")
    func mailLimit() {
        var harness = SessionHarness(.content, mailLimit: 2)
        harness.deliver()
        harness.begin()
        harness.reply("250 ok", "250 ok", "354 go on")
        harness.writeContent()
        #expect(harness.session.turn == .wait, "the limit forbids a third mail behind the content")
        harness.reply("250 queued")
        #expect(harness.session.turn == .quit)
        harness.quit()
        #expect(harness.takeWritten().last == "QUIT")
        #expect(harness.session.deadline == harness.now + .seconds(5))
        _ = harness.takeOutcomes()
        harness.timeOut()
        #expect(harness.takeOutcomes() == ["ended"])
    }

    @Test("says QUIT after 30 s without a mail")
    func idleTimeout() {
        var harness = SessionHarness(.inTurn)
        harness.deliver()
        #expect(harness.session.deadline == harness.now + .seconds(30))
        harness.timeOut()
        #expect(harness.takeWritten().last == "QUIT")
        _ = harness.takeOutcomes()
        harness.reply("221 bye")
        #expect(harness.takeOutcomes() == ["ended"])
    }

    @Test("has the deadline of the reply that it waits for")
    func deadlines() {
        var harness = SessionHarness(.transaction)
        let timeouts = SMTPTimeouts()
        harness.begin()
        #expect(harness.session.deadline == harness.now + timeouts.mail)
        harness.now += .seconds(1)
        harness.reply("250 ok")
        #expect(harness.session.deadline == harness.now + timeouts.rcpt)
        harness.reply("250 ok")
        #expect(harness.session.deadline == harness.now + timeouts.data)
        harness.reply("354 go on")
        harness.relayReads = false
        harness.writeContent()
        #expect(harness.session.deadline == harness.now + timeouts.block)
        harness.now += .seconds(10)
        harness.flush()
        #expect(harness.session.deadline == harness.now + timeouts.dot)
    }
}

@Suite("A mail that a relay cannot take")
struct LocalRefusalTests {
    @Test(
        "with an address that would break a command never reaches the wire",
        arguments: [
            "a\r\nRSET@example.com", "a\n@example.com", "a\0@example.com", "a b@example.com", "<a@example.com",
            "a@exa>mple.com",
            "\"a b@example.com", "\"a\"b c@example.com", "\"a\\\" b@example.com", "\"a\r\nb\"@example.com",
            "", "@", "a@", "@example.com", "nobody", "é@example.com", "a\u{7F}@example.com",
            String(repeating: "a", count: 65) + "@example.com", "a@" + String(repeating: "b", count: 300),
        ])
    func badAddress(address: String) {
        for mail in [
            ComposedMail(envelope: Envelope(sender: "s@example.com", recipient: address), content: []),
            ComposedMail(envelope: Envelope(sender: address, recipient: "r@example.com"), content: []),
        ] where !(mail.envelope.sender.isEmpty && mail.envelope.recipient == "r@example.com") {
            var harness = SessionHarness(.content)
            harness.begin(mail)
            #expect(harness.takeWritten() == [])
            let outcome = harness.takeOutcomes().first ?? ""
            #expect(outcome.hasPrefix("1 unsendable: the "))
            #expect(address.count < 8 || !outcome.contains(address), "the address itself is not told")
            #expect(harness.session.turn == .mail(inTurnToo: true))
        }
    }

    @Test("with spaces in a quoted local part goes on the wire as it is")
    func quotedLocalPart() {
        var harness = SessionHarness(.content)
        let address = #""a \" b"@example.com"#
        harness.begin(ComposedMail(envelope: Envelope(sender: "s@example.com", recipient: address), content: []))
        let written = harness.takeWritten().joined()
        #expect(written.contains("RCPT TO:<\(address)>"), "\(written)")
    }

    @Test("for want of SMTPUTF8, or for its size, is told so without a byte sent")
    func extensions() {
        var harness = SessionHarness(.content, extensions: ["PIPELINING", "SIZE 10"])
        let envelope = Envelope(sender: "s@example.com", recipient: "é@example.com", requiresSMTPUTF8: true)
        harness.begin(ComposedMail(envelope: envelope, content: []))
        harness.begin(content: "Subject: longer than ten\r\n")
        #expect(harness.takeWritten() == [])
        #expect(
            harness.takeOutcomes() == [
                "1 unsendable: the address needs SMTPUTF8, which the relay does not offer",
                "2 unsendable: the mail has 26 bytes and the relay takes 10",
            ])
    }

    @Test("is announced with what the relay offers")
    func parameters() {
        var harness = SessionHarness(.inTurn, extensions: ["SIZE 1000", "8BITMIME", "SMTPUTF8"])
        let envelope = Envelope(sender: "s@example.com", recipient: "é@example.com", requiresSMTPUTF8: true)
        harness.begin(ComposedMail(envelope: envelope, content: Array("Subject: é\r\n\r\n".utf8)))
        #expect(harness.takeWritten() == ["MAIL FROM:<s@example.com> SIZE=15 BODY=8BITMIME SMTPUTF8"])
        var bounce = SessionHarness(.inTurn, extensions: ["SIZE"])
        bounce.begin(ComposedMail(envelope: Envelope(sender: "", recipient: "a@example.com"), content: [0x41]))
        #expect(bounce.takeWritten() == ["MAIL FROM:<> SIZE=1"])
    }
}
