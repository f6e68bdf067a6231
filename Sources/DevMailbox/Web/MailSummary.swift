import Foundation

/// What the list and the head of a mail's page show of it.
struct MailSummary {
    let mail: CapturedMail
    let entity: MIMEEntity
    let subject: String
    let from: String
    let to: String
    /// The first words of the text part.
    let preview: String

    init(_ mail: CapturedMail) {
        self.mail = mail
        entity = MIMEEntity(mail.content[...])
        let decoded = { [header = entity.header] in header[$0].map(decodeEncodedWords) }
        subject = decoded("Subject") ?? "(no subject)"
        from = decoded("From") ?? mail.sender
        to = decoded("To") ?? mail.recipients.joined(separator: ", ")
        let text = entity.text(ofType: "text/plain") ?? ""
        preview = text.split(whereSeparator: \.isWhitespace).prefix(30).joined(separator: " ")
    }
}

/// Text made safe between tags and within double quotes of HTML.
func escaped(_ text: String) -> String {
    var result = ""
    result.reserveCapacity(text.utf8.count)
    for character in text {
        switch character {
        case "&": result += "&amp;"
        case "<": result += "&lt;"
        case ">": result += "&gt;"
        case "\"": result += "&quot;"
        default: result.append(character)
        }
    }
    return result
}
