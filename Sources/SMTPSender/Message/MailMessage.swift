/// One mail to one person, before it is bytes: text and HTML alternatives under the headers that every mail has.
package struct MailMessage: Sendable {
    package var from: Mailbox
    package var to: Mailbox
    package var replyTo: Mailbox?
    /// Where bounces go. Nil is the address of `from`.
    package var envelopeSender: EmailAddress?
    /// Cleaned when composed (see `HeaderText`), at most `longestSubject` characters.
    package var subject: String
    /// Seconds since 1970, UTC.
    package var date: Int64
    /// `uuid@domain`, without angle brackets; ASCII.
    package var messageID: String
    /// Message-IDs from the thread's first to the parent; In-Reply-To names the last.
    package var references: [String]
    package var extraHeaders: [HeaderField]
    package var text: String
    /// Empty: the mail is plain text only.
    package var html: String

    package static let longestSubject = 250
    /// For each of text and HTML, 4 MiB: well under the 10 MB that relays commonly take, after encoding.
    package static let longestPart = 4 << 20

    package init(
        from: Mailbox, to: Mailbox, replyTo: Mailbox? = nil, envelopeSender: EmailAddress? = nil, subject: String,
        date: Int64, messageID: String, references: [String] = [], extraHeaders: [HeaderField] = [], text: String,
        html: String
    ) {
        self.from = from
        self.to = to
        self.replyTo = replyTo
        self.envelopeSender = envelopeSender
        self.subject = subject
        self.date = date
        self.messageID = messageID
        self.references = references
        self.extraHeaders = extraHeaders
        self.text = text
        self.html = html
    }
}
