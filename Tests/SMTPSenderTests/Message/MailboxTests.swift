import Testing

@testable import SMTPSender

@Suite("Mailboxes")
struct MailboxTests {
    @Test(
        "Settings may name a mailbox in four ways",
        arguments: [
            ("jane@example.com", "", "jane@example.com"),
            (" <jane@example.com> ", "", "jane@example.com"),
            ("Jane Doe <jane@example.com>", "Jane Doe", "jane@example.com"),
            ("Jane Doe<jane@example.com>", "Jane Doe", "jane@example.com"),
            ("\"Doe, Jane \\\"JD\\\"\" <jane@example.com>", "Doe, Jane \"JD\"", "jane@example.com"),
            ("Büro <info@bücher.example>", "Büro", "info@xn--bcher-kva.example"),
            ("\"<odd>\" <\"a b\"@example.com>", "<odd>", "\"a b\"@example.com"),
        ])
    func parses(input: String, name: String, address: String) throws {
        let mailbox = try Mailbox(parsing: input)
        #expect(mailbox.displayName == name)
        #expect(mailbox.address.wireForm == address)
    }

    @Test(
        "A broken mailbox is refused",
        arguments: [
            ("Jane jane@example.com>", AddressError.invalidMailbox),
            ("\"Jane <jane@example.com>", .invalidMailbox),
            ("\"Jane\" D\" <jane@example.com>", .invalidMailbox),
            ("\"Jane\\\" <jane@example.com>", .invalidMailbox),
            ("Jane <>", .missingAtSign),
            ("Jane", .missingAtSign),
        ])
    func refuses(input: String, reason: AddressError) {
        #expect(throws: reason) { try Mailbox(parsing: input) }
    }

    @Test(
        "A display name stands bare, quoted or encoded, as it needs",
        arguments: [
            ("", "jane@example.com"),
            ("Jane Doe", "Jane Doe <jane@example.com>"),
            ("Doe, Jane", "\"Doe, Jane\" <jane@example.com>"),
            ("J. Doe", "\"J. Doe\" <jane@example.com>"),
            ("a\"b\\c", "=?utf-8?B?YSJiXGM=?= <jane@example.com>"),
            ("boss@bank.example", "\"boss@bank.example\" <jane@example.com>"),
            ("Zoë", "=?utf-8?Q?Zo=C3=AB?= <jane@example.com>"),
            ("山田 太郎", "=?utf-8?B?5bGx55SwIOWkqumDjg==?= <jane@example.com>"),
            ("=?utf-8?Q?x?=", "=?utf-8?B?PT91dGYtOD9RP3g/PQ==?= <jane@example.com>"),
            ("Jane\r\nBcc: evil@example.com", "\"Jane Bcc: evil@example.com\" <jane@example.com>"),
            ("\u{202E}\u{2066}\u{0}", "jane@example.com"),
        ])
    func phrases(name: String, expected: String) throws {
        var draft = Draft()
        draft.to.name = name
        #expect(try draft.header("To") == expected)
    }
}
