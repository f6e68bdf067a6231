@testable import SMTPSender

/// What a test puts into a mail, kept as it was before any cleaning.
struct Draft: Encodable {
    struct Party: Encodable {
        var name: String
        var address: String

        func mailbox() throws -> Mailbox {
            Mailbox(displayName: name, address: try EmailAddress(parsing: address))
        }
    }

    var from = Party(name: "Acme Support", address: "support@notify.example.com")
    var to = Party(name: "Jane Doe", address: "jane@example.com")
    var replyTo: Party?
    var subject = "A ticket was assigned to you"
    var date: Int64 = 1_795_000_000
    var messageID = "0b0a3c1e-6a43-4e0c-b4a7-7c7a1a2b3c4d@notify.example.com"
    var references: [String] = []
    var headers: [[String]] = []
    var text = "Hello\n"
    var html = "<p>Hello</p>\n"

    private enum CodingKeys: String, CodingKey {
        case from, to, subject, date, references, headers, text, html
        case replyTo = "reply_to"
        case messageID = "message_id"
    }

    func message() throws -> MailMessage {
        MailMessage(
            from: try from.mailbox(), to: try to.mailbox(), replyTo: try replyTo?.mailbox(), subject: subject,
            date: date, messageID: messageID, references: references,
            extraHeaders: headers.map { HeaderField($0[0], $0[1]) }, text: text, html: html
        )
    }

    func composed() throws -> String {
        String(decoding: try message().compose().content, as: UTF8.self)
    }

    /// The header field of that name, unfolded.
    func header(_ name: String) throws -> String {
        let unfolded = try composed().split(separator: "\r\n\r\n", maxSplits: 1)[0].replacing("\r\n ", with: " ")
        let lines = unfolded.split(separator: "\r\n").filter { $0.hasPrefix(name + ":") }
        return lines.count == 1 ? lines[0].dropFirst(name.count + 1).trimmingPrefix(" ").description : "\(lines)"
    }
}
