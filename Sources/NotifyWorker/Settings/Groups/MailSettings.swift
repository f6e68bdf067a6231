import NotifyCore
import SMTPSender

/// Who the mails are from, where their links lead, and whom they may reach.
struct MailSettings: SettingGroup {
    static let from = Setting(
        "NOTIFY_MAIL_FROM", "From of every mail", example: "\"Example Support <support@example.com>\"",
        parse: mailbox)
    static let domain = Setting(
        "NOTIFY_MAIL_DOMAIN", "right side of Message-ID", standard: .derived("the domain of NOTIFY_MAIL_FROM"),
        example: "mail.example.com", parse: domainName)
    static let envelopeFrom = Setting(
        "NOTIFY_MAIL_ENVELOPE_FROM", "envelope sender, where bounces go",
        standard: .derived("the address of NOTIFY_MAIL_FROM"), example: "bounces@example.com",
        parse: mailbox)
    static let replyTo = Setting(
        "NOTIFY_MAIL_REPLY_TO", "Reply-To of every mail", example: "help@example.com", parse: mailbox)
    static let allow = Setting(
        "NOTIFY_MAIL_ALLOW", "address patterns; set on staging, all other recipients are skipped as not_allowed_here",
        example: "*@example.com,tester@example.org", parse: allowList)
    static let publicURL = Setting(
        "NOTIFY_PUBLIC_URL", "where this service is reached from outside: preference and unsubscribe links",
        example: "https://notify.example.com", parse: SettingParser.webURL)
    static let appURL = Setting(
        "NOTIFY_APP_URL", "where the product is reached", example: "https://app.example.com",
        parse: SettingParser.webURL)
    static let templates = Setting(
        "NOTIFY_TEMPLATES", "directory of the templates", standard: .value("templates"),
        example: "/usr/share/notify-worker/templates", parse: SettingParser.text)

    static let title = "Mail"
    static let declarations: [any SettingDeclaration] = [
        from, domain, envelopeFrom, replyTo, allow, publicURL, appURL, templates,
    ]

    let from: String?
    let domain: String?
    let envelopeFrom: String?
    let replyTo: String?
    let allow: AddressAllowList?
    let publicURL: String?
    let appURL: String?
    let templates: String

    init(_ values: SettingValues) throws(SettingsError) {
        from = try values.value(Self.from)
        domain = try values.value(Self.domain)
        envelopeFrom = try values.value(Self.envelopeFrom)
        replyTo = try values.value(Self.replyTo)
        allow = try values.value(Self.allow)
        publicURL = try values.value(Self.publicURL)
        appURL = try values.value(Self.appURL)
        templates = try values.value(Self.templates) ?? "templates"
    }

    /// The form is judged here; the mailbox is made where all mail settings come together.
    private static let mailbox: SettingParser.Parser<String> = { text throws(InvalidValue) in
        let line = try SettingParser.text(text)
        do throws(AddressError) {
            _ = try Mailbox(parsing: line)
        } catch {
            throw InvalidValue(reason: error)
        }
        return line
    }

    private static let domainName: SettingParser.Parser<String> = { text throws(InvalidValue) in
        do throws(AddressError) {
            _ = try EmailAddress(parsing: "x@\(text)")
        } catch {
            throw InvalidValue(reason: error)
        }
        return text
    }

    private static let allowList: SettingParser.Parser<AddressAllowList> = { text throws(InvalidValue) in
        do throws(InvalidSetting) {
            return try AddressAllowList(parsing: text)
        } catch {
            throw InvalidValue(reason: error)
        }
    }
}
