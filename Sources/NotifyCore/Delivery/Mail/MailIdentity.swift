package import SMTPSender

/// Who our mails come from and where their links lead: the mail settings, checked.
package struct MailIdentity: Sendable {
    package let from: Mailbox
    package let replyTo: Mailbox?
    /// Where bounces go; nil is the address of `from`.
    package let envelopeSender: EmailAddress?
    /// The right side of Message-IDs, as A-labels.
    package let messageDomain: String
    /// `notifications.` and the message domain (RFC 2919).
    package var listID: String { "notifications.\(messageDomain)" }
    /// Without a slash at its end.
    package let publicURL: String
    package let appURL: String

    /// - Parameters:
    ///   - from: `NOTIFY_MAIL_FROM`, such as `Example Support <notify@example.com>`.
    ///   - domain: `NOTIFY_MAIL_DOMAIN`; nil is the domain of `from`.
    ///   - envelopeFrom: `NOTIFY_MAIL_ENVELOPE_FROM`.
    ///   - replyTo: `NOTIFY_MAIL_REPLY_TO`.
    ///   - publicURL: `NOTIFY_PUBLIC_URL`.
    ///   - appURL: `NOTIFY_APP_URL`; nil is `publicURL`.
    package init(
        from: String, domain: String? = nil, envelopeFrom: String? = nil, replyTo: String? = nil,
        publicURL: String, appURL: String? = nil
    ) throws(InvalidSetting) {
        self.from = try Self.mailbox(from, named: "NOTIFY_MAIL_FROM")
        self.replyTo = if let replyTo { try Self.mailbox(replyTo, named: "NOTIFY_MAIL_REPLY_TO") } else { nil }
        envelopeSender =
            if let envelopeFrom { try Self.mailbox(envelopeFrom, named: "NOTIFY_MAIL_ENVELOPE_FROM").address } else {
                nil
            }
        messageDomain =
            if let domain { try Self.domain(domain, named: "NOTIFY_MAIL_DOMAIN") } else { self.from.address.domain }
        self.publicURL = try Self.link(publicURL, named: "NOTIFY_PUBLIC_URL")
        self.appURL = if let appURL { try Self.link(appURL, named: "NOTIFY_APP_URL") } else { self.publicURL }
    }

    /// Whether mail programs may unsubscribe by a POST of their own, for which RFC 8058 §3.1 asks https.
    package var offersOneClickUnsubscribe: Bool { publicURL.hasPrefix("https://") }

    package var preferencesURL: String { "\(publicURL)/preferences" }

    package func unsubscribeURL(_ token: String) -> String { "\(publicURL)/u/\(token)" }

    private static func mailbox(_ text: String, named name: String) throws(InvalidSetting) -> Mailbox {
        do throws(AddressError) {
            return try Mailbox(parsing: text)
        } catch {
            throw InvalidSetting("\(name): \(error.description)", example: "Example Support <notify@example.com>")
        }
    }

    /// Checked and brought to A-labels by the rules for the domain of an address.
    private static func domain(_ text: String, named name: String) throws(InvalidSetting) -> String {
        do throws(AddressError) {
            return try EmailAddress(parsing: "x@\(text)").domain
        } catch {
            throw InvalidSetting("\(name): \(error.description)", example: "mail.example.com")
        }
    }

    private static func link(_ text: String, named name: String) throws(InvalidSetting) -> String {
        do throws(InvalidSetting) {
            return try ServiceURL.parse(text)
        } catch {
            throw InvalidSetting("\(name): \(error.problem)", example: error.example)
        }
    }
}
