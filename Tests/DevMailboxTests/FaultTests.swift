import DevMailbox
import Foundation
import TestSupport
import Testing

/// Each stage and each action, seen from a client's side.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct FaultTests {
    /// Commands up to and including each stage, one at a time; prints the last reply.
    private static let steps = """
        def walk(raw, upto):
            order = ["greeting", "hello", "mail", "rcpt", "data", "dot"]
            lines = [None, b"EHLO c.example", b"MAIL FROM:<a@a.example>", b"RCPT TO:<b@b.example>", b"DATA",
                     b"x\\r\\n."]
            for name, line in zip(order, lines):
                if line:
                    raw.send(line + b"\\r\\n")
                last = raw.reply()
                if name == upto:
                    return last

        """

    @Test(
        "A scripted reply takes the place of the normal one at its stage",
        arguments: [
            ("greeting", FaultRule.Stage.greeting), ("hello", .hello), ("mail", .mail), ("rcpt", .rcpt),
            ("data", .data), ("dot", .dot), ("dot", .accepted), ("dot", .content(afterBytes: 1)),
        ]
    )
    func replies(name: String, stage: FaultRule.Stage) async throws {
        let rule = FaultRule(stage, .first(1), .reply(451, "4.7.1", "Come back later"))
        try await DevMailbox.with(configured { $0.faults = [rule] }) { mailbox in
            let printed = try await smtplib(Self.steps + "print(walk(Raw(\(mailbox.smtpPort), False), '\(name)'))")
            #expect(printed == "451 4.7.1 Come back later")
            // Past the stage "accepted" a mail is captured whatever its client was told.
            #expect(mailbox.state.mailCount == (stage == .accepted ? 1 : 0))
            let healed = try await smtplib(Self.steps + "print(walk(Raw(\(mailbox.smtpPort), False), 'dot'))")
            #expect(healed == "250 2.0.0 OK: captured")
        }
    }

    @Test("421 ends the session after the reply")
    func serviceClosing() async throws {
        let rule = FaultRule(.mail, .reply(421, "4.3.2", "Shutting down"))
        try await DevMailbox.with(configured { $0.faults = [rule] }) { mailbox in
            let printed = try await smtplib(
                Self.steps + "raw = Raw(\(mailbox.smtpPort), False); print(walk(raw, 'mail'), raw.rest())"
            )
            #expect(printed == "421 4.3.2 Shutting down b''")
        }
    }

    @Test(
        "A connection can be closed or reset at any stage",
        arguments: [
            FaultRule.Stage.greeting, .hello, .mail, .rcpt, .data, .content(afterBytes: 2), .dot, .accepted,
        ],
        [true, false]
    )
    func ends(stage: FaultRule.Stage, byReset: Bool) async throws {
        let rule = FaultRule(stage, byReset ? .reset : .close)
        try await DevMailbox.with(configured { $0.faults = [rule] }) { mailbox in
            let printed = try await smtplib(
                Self.steps + """
                    try:
                        raw = Raw(\(mailbox.smtpPort), False)
                        walk(raw, "dot")
                        print("closed" if raw.chunk() == b"" else "open")
                    except ConnectionResetError:
                        print("reset")
                    except BrokenPipeError:
                        print("closed")
                    """
            )
            // A close with octets unread becomes a RST in the kernel, so only the RST that was asked for is certain.
            #expect(byReset ? printed == "reset" : ["closed", "reset"].contains(printed))
            try await mailbox.state { $0.openSessions.isEmpty }
            #expect(mailbox.state.mailCount == (stage == .accepted ? 1 : 0))
        }
    }

    @Test("A held reply comes when its gate is released, not before")
    func hold() async throws {
        let gate = Gate()
        try await DevMailbox.with(configured { $0.faults = [FaultRule(.dot, .hold(gate))] }) { mailbox in
            let port = mailbox.smtpPort
            async let reply = smtplib(Self.steps + "print(walk(Raw(\(port), False), 'dot'))")
            try await mailbox.applied("dot: hold")
            #expect(mailbox.state.mailCount == 0)
            gate.release()
            #expect(try await reply == "250 2.0.0 OK: captured")
        }
    }

    @Test("A mailbox stops while sessions are held and silent")
    func stopWhileHeld() async throws {
        let faults = [FaultRule(.mail, .nth(1), .hold(Gate())), FaultRule(.mail, .nth(2), .silence)]
        let mailbox = try await DevMailbox.start(configured { $0.faults = faults })
        let script = Self.steps + "raw = Raw(\(mailbox.smtpPort), False); print(walk(raw, 'mail'))"
        async let first = smtplib(script)
        try await mailbox.applied("mail: hold")
        async let second = smtplib(script)
        try await mailbox.applied("mail: silence")
        await mailbox.stop()
        #expect(try await [first, second] == ["", ""])
    }

    @Test("A delayed reply is late, a dripped one comes in pieces, a silent server gives none")
    func slowness() async throws {
        let faults = [
            FaultRule(.hello, .delay(.milliseconds(300))), FaultRule(.mail, .drip(every: .milliseconds(5))),
            FaultRule(.rcpt, .silence),
        ]
        try await DevMailbox.with(configured { $0.faults = faults }) { mailbox in
            let printed = try await smtplib(
                """
                raw = Raw(\(mailbox.smtpPort), False)
                raw.reply()
                begun = time.monotonic()
                raw.send(b"EHLO c.example\\r\\n")
                raw.reply()
                print(time.monotonic() - begun >= 0.3)
                raw.send(b"MAIL FROM:<a@a.example>\\r\\n")
                begun = time.monotonic()
                text, pieces = b"", 0
                while not text.endswith(b"\\n"):
                    text += raw.chunk()
                    pieces += 1
                print(text, pieces > 5, time.monotonic() - begun >= 0.005 * (len(text) - 2))
                raw.send(b"RCPT TO:<b@b.example>\\r\\n")
                raw.socket.settimeout(0.2)
                try:
                    print(raw.chunk())
                except TimeoutError:
                    print("silence")
                """
            )
            #expect(printed == "True\nb'250 2.1.0 Sender OK\\r\\n' True True\nsilence")
        }
    }

    @Test("Half-closed by the server, a client can still send")
    func halfClose() async throws {
        try await DevMailbox.with(configured { $0.faults = [FaultRule(.mail, .halfClose)] }) { mailbox in
            let printed = try await smtplib(
                """
                raw = Raw(\(mailbox.smtpPort))
                raw.send(b"MAIL FROM:<a@a.example>\\r\\n")
                print(raw.chunk())
                raw.send(b"RSET\\r\\n")
                raw.send(b"RSET\\r\\n")
                print("sent")
                """
            )
            #expect(printed == "b''\nsent")
        }
    }

    @Test(
        "Raw octets stand in place of a reply and the session goes on",
        arguments: [FaultRule.Stage.mail, .data, .dot, .accepted]
    )
    func rawReplies(stage: FaultRule.Stage) async throws {
        let rule = FaultRule(stage, .raw([0x39, 0x39, 0x39, 0x20, 0xFF, 0x00, 0x0D, 0x0A]))
        try await DevMailbox.with(configured { $0.faults = [rule] }) { mailbox in
            let printed = try await smtplib(
                """
                raw = Raw(\(mailbox.smtpPort))
                odd = 0
                commands = ["MAIL FROM:<a@a.example>", "RCPT TO:<b@b.example>", "DATA", "x\\r\\n.", "QUIT"]
                for command in commands:
                    raw.send(command.encode() + b"\\r\\n")
                    reply = raw.file.readline()
                    odd += reply == b"999 \\xff\\x00\\r\\n"
                # The last one answers QUIT: the odd reply stood in place of another, not beside it.
                print(odd, reply)
                """
            )
            #expect(printed == #"1 b'221 2.0.0 Bye\r\n'"#)
            #expect(try await mailbox.mails(count: 1).count == 1)
        }
    }

    @Test("Rules can be changed while a session runs")
    func changes() async throws {
        try await DevMailbox.with { mailbox in
            let port = mailbox.smtpPort
            let gate = Gate()
            mailbox.faults.set([FaultRule(.mail, .first(1), .hold(gate))])
            async let printed = smtplib(Self.steps + "print(walk(Raw(\(port), False), 'rcpt'))")
            try await mailbox.applied("mail: hold")
            mailbox.faults.set([FaultRule(.rcpt, recipient: "*@B.example", .always, .reply(550, "5.1.1", "Gone"))])
            gate.release()
            #expect(try await printed == "550 5.1.1 Gone")
        }
    }
}
