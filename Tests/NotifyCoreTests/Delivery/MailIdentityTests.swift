import NotifyCore
import SMTPSender
import Testing

@Suite("The identity that mails are sent with")
struct MailIdentityTests {
    static func identity(
        from: String = "Example Support <notify@example.com>", domain: String? = nil, envelopeFrom: String? = nil,
        replyTo: String? = nil, publicURL: String = "https://notify.example.com", appURL: String? = nil
    ) throws(InvalidSetting) -> MailIdentity {
        try MailIdentity(
            from: from, domain: domain, envelopeFrom: envelopeFrom, replyTo: replyTo, publicURL: publicURL,
            appURL: appURL)
    }

    @Test("What is not set follows from what is")
    func defaults() throws {
        let identity = try Self.identity()
        #expect(identity.from.displayName == "Example Support")
        #expect(identity.messageDomain == "example.com")
        #expect(identity.listID == "notifications.example.com")
        #expect(identity.appURL == "https://notify.example.com")
        #expect(identity.replyTo == nil)
        #expect(identity.envelopeSender == nil)
    }

    @Test("Everything can be set, and comes out in the form for the wire")
    func everything() throws {
        let identity = try Self.identity(
            domain: "Bücher.example", envelopeFrom: "bounces@example.com", replyTo: "Help <help@example.com>",
            publicURL: "HTTPS://notify.example.com/base//", appURL: "http://app.example.com/")
        #expect(identity.messageDomain == "xn--bcher-kva.example")
        #expect(identity.envelopeSender?.wireForm == "bounces@example.com")
        #expect(identity.replyTo?.address.wireForm == "help@example.com")
        #expect(identity.unsubscribeURL("abc") == "https://notify.example.com/base/u/abc")
        #expect(identity.preferencesURL == "https://notify.example.com/base/preferences")
        #expect(identity.appURL == "http://app.example.com")
        #expect(identity.offersOneClickUnsubscribe)
    }

    @Test("Each setting that cannot be used is named in its error")
    func refuse() {
        func expect(_ name: String, _ make: () throws(InvalidSetting) -> MailIdentity) {
            let error = #expect(throws: InvalidSetting.self) { try make() }
            #expect(error?.description.hasPrefix("\(name): ") == true)
        }
        expect("NOTIFY_MAIL_FROM") { () throws(InvalidSetting) in try Self.identity(from: "nobody") }
        expect("NOTIFY_MAIL_FROM") { () throws(InvalidSetting) in
            try Self.identity(from: "a@b.example\r\nBcc: c@d.example")
        }
        expect("NOTIFY_MAIL_DOMAIN") { () throws(InvalidSetting) in try Self.identity(domain: "a b") }
        expect("NOTIFY_MAIL_DOMAIN") { () throws(InvalidSetting) in try Self.identity(domain: "") }
        expect("NOTIFY_MAIL_ENVELOPE_FROM") { () throws(InvalidSetting) in try Self.identity(envelopeFrom: "<>") }
        expect("NOTIFY_MAIL_REPLY_TO") { () throws(InvalidSetting) in try Self.identity(replyTo: "@example.com") }
        for url in [
            "", "notify.example.com", "ftp://example.com", "https://a:b@example.com", "https://example.com/?q",
            "https://example.com/#f", "https://bücher.example", "https://example.com:99999", "https://example.com/<a>",
            "https://example.com/a b",
        ] {
            expect("NOTIFY_PUBLIC_URL") { () throws(InvalidSetting) in try Self.identity(publicURL: url) }
            expect("NOTIFY_APP_URL") { () throws(InvalidSetting) in try Self.identity(appURL: url) }
        }
    }
}
