import DevMailbox
import TestSupport
import Testing

/// What a client must not do is seen, refused, and cannot smuggle a mail.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct ViolationTests {
    struct Case: CustomTestStringConvertible {
        let testDescription: String
        let sent: String
        let kind: Violation.Kind
        /// In the last reply.
        let answer: String

        init(_ description: String, _ sent: String, _ kind: Violation.Kind, _ answer: String) {
            testDescription = description
            self.sent = sent
            self.kind = kind
            self.answer = answer
        }
    }

    private static let begin = #"MAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\nDATA\r\n"#

    static let cases = [
        Case("a command ended by a bare LF", #"NOOP\n"#, .bareLineFeed, "500"),
        Case("an unknown command", #"FOO\r\n"#, .badSyntax, "502"),
        Case("a space behind the colon", #"MAIL FROM: <a@a.example>\r\n"#, .badSyntax, "501"),
        Case("no angle brackets", #"MAIL FROM:a@a.example\r\n"#, .badSyntax, "501"),
        Case("a trailing space", #"MAIL FROM:<a@a.example> \r\n"#, .badSyntax, "501"),
        Case("a NUL in a command", #"MAIL FROM:<a\0@a.example>\r\n"#, .badSyntax, "501"),
        Case("DATA with an argument", #"DATA now\r\n"#, .badSyntax, "501"),
        Case("an unknown parameter", #"MAIL FROM:<a@a.example> RET=HDRS\r\n"#, .parameterUninvited, "555"),
        Case("MAIL twice", #"MAIL FROM:<a@a.example>\r\nMAIL FROM:<a@a.example>\r\n"#, .badSequence, "503"),
        Case("an address in UTF-8 without SMTPUTF8", #"MAIL FROM:<ä@a.example>\r\n"#, .eightBitUninvited, "553"),
        Case("a long command", "NOOP \(String(repeating: "x", count: 600))" + #"\r\n"#, .lineTooLong, "250"),
        Case("STARTTLS that was not offered", #"STARTTLS\r\n"#, .badSequence, "503"),
        Case("a bare LF in content", begin + #"a\nb\r\n.\r\n"#, .bareLineFeed, "550"),
        Case("LF . LF in content", begin + #"a\n.\nMAIL FROM:<x@x.example>\r\n.\r\n"#, .bareLineFeed, "550"),
        Case("LF . CR LF in content", begin + #"a\n.\r\nb\r\n.\r\n"#, .bareLineFeed, "550"),
        Case("a bare CR in content", begin + #"a\rb\r\n.\r\n"#, .bareCarriageReturn, "550"),
        Case("NUL in content", begin + #"a\0b\r\n.\r\n"#, .nul, "550"),
        Case("content before the 354", begin + #"early\r\n.\r\n"#, .pipelinedPastGroupEnd, "250"),
    ]

    @Test("A violation is recorded and answered", arguments: cases)
    func violations(_ example: Case) async throws {
        try await DevMailbox.with { mailbox in
            // Content follows its 354, but where sending it too early is the point.
            let printed = try await smtplib(
                """
                raw = Raw(\(mailbox.smtpPort))
                sent = "\(example.sent)".encode()
                early = \(example.kind == .pipelinedPastGroupEnd ? "True" : "False")
                head, data, body = sent.partition(b"DATA\\r\\n")
                raw.send(sent if early else head + data)
                for line in range((head + data).count(b"\\n")):
                    last = raw.reply()
                if body:
                    if not early:
                        raw.send(body)
                    last = raw.reply()
                print(last)
                """
            )
            #expect(printed.hasPrefix(example.answer), "\(printed)")
            #expect(mailbox.state.violations.map(\.kind).contains(example.kind))
            #expect(mailbox.state.mailCount == (example.kind == .pipelinedPastGroupEnd ? 1 : 0))
        }
    }

    @Test("A line over 998 octets is reported, and the mail captured")
    func longLine() async throws {
        try await DevMailbox.with { mailbox in
            try await smtplib(
                """
                client = smtplib.SMTP("127.0.0.1", \(mailbox.smtpPort))
                client.sendmail("a@a.example", ["b@b.example"], b"x" * 998 + b"\\r\\n." + b"y" * 997 + b"\\r\\n")
                print(len(client.sendmail("a@a.example", ["b@b.example"], b"x" * 999 + b"\\r\\n")))
                """
            )
            #expect(mailbox.state.violations.map(\.kind) == [.lineTooLong])
            #expect(mailbox.state.mailCount == 2)
        }
    }

    @Test(
        "Without the PIPELINING offer a joined group is reported, and ends the session where so configured",
        arguments: [true, false])
    func uninvitedPipelining(ends: Bool) async throws {
        let configuration = configured {
            $0.extensions = ["8BITMIME"]
            $0.endsUninvitedPipelining = ends
        }
        try await DevMailbox.with(configuration) { mailbox in
            let printed = try await smtplib(
                """
                raw = Raw(\(mailbox.smtpPort))
                raw.send(b"MAIL FROM:<a@a.example>\\r\\nRCPT TO:<b@b.example>\\r\\nQUIT\\r\\n")
                print(raw.rest().decode().replace("\\r\\n", "|"))
                """
            )
            #expect(
                printed
                    == (ends ? "421 Command pipelining is not offered|" : "250 Sender OK|250 Recipient OK|221 Bye|")
            )
            #expect(mailbox.state.violations.allSatisfy { $0.kind == .pipelinedUninvited })
            #expect(mailbox.state.violations.count == (ends ? 1 : 2))
        }
    }

    @Test("A mail over the announced size is refused at MAIL or at its end")
    func size() async throws {
        try await DevMailbox.with(configured { $0.extensions = ["SIZE 1000"] }) { mailbox in
            let printed = try await smtplib(
                """
                client = smtplib.SMTP("127.0.0.1", \(mailbox.smtpPort))
                client.ehlo()
                print(client.mail("a@a.example", ["SIZE=1001"])[0])
                print(client.mail("a@a.example")[0], client.rcpt("b@b.example")[0])
                print(client.data(b"0123456789\\r\\n" * 100)[0])
                """
            )
            #expect(printed == "552\n250 250\n552")
            #expect(mailbox.state.mailCount == 0)
        }
    }
}
