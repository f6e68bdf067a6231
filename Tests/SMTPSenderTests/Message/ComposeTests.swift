import Testing

@testable import SMTPSender

@Suite("Composing")
struct ComposeTests {
    @Test("The envelope has the sender's address unless another is named, and the one recipient")
    func envelope() throws {
        var message = try Draft().message()
        #expect(
            try message.compose().envelope
                == Envelope(sender: "support@notify.example.com", recipient: "jane@example.com"))
        message.envelopeSender = try EmailAddress(parsing: "bounces@Bücher.example")
        #expect(try message.compose().envelope.sender == "bounces@xn--bcher-kva.example")
    }

    @Test(
        "Only a non-ASCII local part asks for SMTPUTF8",
        arguments: [
            ("用户@example.com", true), ("user@bücher.example", false), ("user@example.com", false),
        ])
    func smtputf8(address: String, isNeeded: Bool) throws {
        var draft = Draft()
        draft.to = Draft.Party(name: "Zoë", address: address)
        let mail = try draft.message().compose()
        #expect(mail.envelope.requiresSMTPUTF8 == isNeeded)
        #expect(mail.content.contains { $0 >= 0x80 } == isNeeded)

        draft = Draft()
        draft.replyTo = Draft.Party(name: "", address: address)
        #expect(try draft.message().compose().envelope.requiresSMTPUTF8 == isNeeded)
    }

    @Test(
        "A subject is encoded only between its first and last word that need it",
        arguments: [
            ("Invoice 4711", "Invoice 4711"),
            ("", ""),
            ("Ticket 4711: Tür klemmt sehr", "Ticket 4711: =?utf-8?Q?T=C3=BCr?= klemmt sehr"),
            ("a né bravo bravo bravo bravo né c", "a =?utf-8?Q?n=C3=A9_bravo_bravo_bravo_bravo_n=C3=A9?= c"),
            ("=?utf-8?Q?x?= y", "=?utf-8?B?PT91dGYtOD9RP3g/PQ==?= y"),
            ("1000+1000=?", "=?utf-8?Q?1000+1000=3D=3F?="),
            ("x\r\nBcc: evil@example.com\r\n\r\n<script>", "x Bcc: evil@example.com <script>"),
        ])
    func subject(subject: String, expected: String) throws {
        var draft = Draft()
        draft.subject = subject
        #expect(try draft.header("Subject") == expected)
    }

    @Test(
        "An extra header that could do harm is refused",
        arguments: [
            (HeaderField("X-A", "b\r\nBcc: c@example.com"), MessageError.invalidHeaderValue("X-A")),
            (HeaderField("X-A", "b\nc"), .invalidHeaderValue("X-A")),
            (HeaderField("X-A", "b\rc"), .invalidHeaderValue("X-A")),
            (HeaderField("X-A", "b\u{0}c"), .invalidHeaderValue("X-A")),
            (HeaderField("X-A", "b\u{85}c"), .invalidHeaderValue("X-A")),
            (HeaderField("X-A", "b\u{2028}c"), .invalidHeaderValue("X-A")),
            (HeaderField("X-A:", "b"), .invalidHeaderName("X-A:")),
            (HeaderField("X A", "b"), .invalidHeaderName("X A")),
            (HeaderField("X-A\r\nX-B", "b"), .invalidHeaderName("X-A\r\nX-B")),
            (HeaderField("", "b"), .invalidHeaderName("")),
            (HeaderField("Größe", "b"), .invalidHeaderName("Größe")),
            (HeaderField("bCC", "b@example.com"), .reservedHeader("bCC")),
            (HeaderField("Subject", "b"), .reservedHeader("Subject")),
            (HeaderField("Content-Disposition", "b"), .reservedHeader("Content-Disposition")),
            (HeaderField("X-A", String(repeating: "a", count: 901)), .headerTooLong("X-A")),
        ])
    func refusesHeader(field: HeaderField, error: MessageError) throws {
        var message = try Draft().message()
        message.extraHeaders = [field]
        #expect(throws: error) { try message.compose() }
    }

    @Test("A long value is folded at 78, except at a word that is longer")
    func folds() throws {
        var draft = Draft()
        let url = "<https://notify.example.com/u/" + String(repeating: "a", count: 80) + ">"
        draft.headers = [["List-Unsubscribe", url], ["X-Words", String(repeating: "word ", count: 60)]]
        let mail = try draft.composed()
        #expect(mail.contains("\r\nList-Unsubscribe: \(url)\r\n"))
        let lines = mail.split(separator: "\r\n").filter { $0.contains("word") }
        #expect(lines.count > 3)
        #expect(lines.allSatisfy { $0.utf8.count <= 78 })
    }

    @Test(
        "An identifier that is not left@right is refused",
        arguments: [
            "", "a", "a@", "@b", "a@b@c", "a b@c", "<a@b>", "a@b\r\nX: y", "ä@b", "a\u{0}@b",
            String(repeating: "a", count: 249) + "@b",
        ])
    func refusesMessageID(id: String) {
        var draft = Draft()
        draft.messageID = id
        #expect(throws: MessageError.invalidMessageID) { try draft.message().compose() }
        draft = Draft()
        draft.references = ["a@b", id]
        #expect(throws: MessageError.invalidReference) { try draft.message().compose() }
    }

    @Test("A part over the bound is refused, one at it is composed")
    func partBound() throws {
        var draft = Draft()
        draft.text = String(repeating: "0123456\n", count: MailMessage.longestPart / 8)
        #expect(try draft.message().compose().content.count > MailMessage.longestPart)
        draft.text += "x"
        #expect(throws: MessageError.bodyTooLong) { try draft.message().compose() }
    }

    @Test("A boundary that stands in the text does not end the part")
    func boundary() throws {
        var draft = Draft()
        draft.text = "--=_0b0a3c1e-6a43-4e0c-b4a7-7c7a1a2b3c4d--\n"
        let mail = try draft.composed()
        #expect(mail.contains("\r\n--=3D_0b0a3c1e-6a43-4e0c-b4a7-7c7a1a2b3c4d--\r\n"))
        #expect(mail.split(separator: "\r\n--=_0b0a3c1e-6a43-4e0c-b4a7-7c7a1a2b3c4d").count == 4)
    }
}
