import Testing

@testable import NotifyWorker

@Suite("Masking of secrets")
struct SecretMaskTests {
    @Test(
        "A password inside a connection string is masked and the rest is shown",
        arguments: [
            ("postgresql://u:geheim@db/app", "postgresql://u:********@db/app"),
            ("postgresql://u:ge@heim@db/app", "postgresql://u:********@db/app"),
            ("postgresql://u:ge/heim@db/app", "postgresql://u:********@db/app"),
            (
                "postgresql://u@db/app?password=geheim&sslmode=require",
                "postgresql://u@db/app?password=********&sslmode=require"
            ),
            ("postgresql:///app?sslpassword=geheim", "postgresql:///app?sslpassword=********"),
            ("postgresql://db/app?user=a&password=ge@heim", "postgresql://db/app?user=a&password=********"),
            ("postgresql://a@db/app?password=ge@heim", "postgresql://a@db/app?password=********"),
            (
                "postgresql:///app?host=/run&user=a&password=ge@heim",
                "postgresql:///app?host=/run&user=a&password=********"
            ),
            ("postgresql://u:ge@heim@db/app?password=ge@heim", "postgresql://u:********@db/app?password=********"),
            ("postgresql://u:ge?heim@db/app", "postgresql://u:********@db/app"),
            ("postgresql://u:geheim@a:1,b:2/app", "postgresql://u:********@a:1,b:2/app"),
            ("host=db password=geheim user=u", "host=db password=******** user=u"),
            ("host=db password = 'ge heim' user=u", "host=db password = ******** user=u"),
            (#"host=db password='ge\' heim' user=u"#, "host=db password=******** user=u"),
            (#"password=ge\ heim host=db"#, "password=******** host=db"),
            ("host=db PASSWORD=geheim", "host=db PASSWORD=********"),
            ("host=db password='geheim", "host=db password=********"),
            ("smtp://u:geheim@a:587", "smtp://u:********@a:587"),
            (
                "smtp://u:ge,heim@a:587?tls=off, smtps://v:geheim@b",
                "smtp://u:********@a:587?tls=off,smtps://v:********@b"
            ),
            ("smtp://a,smtp://b", "smtp://a,smtp://b"),
            ("smtp://[::1]:25", "smtp://[::1]:25"),
        ])
    func connectionString(text: String, shown: String) {
        #expect(SecretMask.shown(text, secrecy: .password) == shown)
    }

    @Test(
        "A text whose form is not clear is not shown at all",
        arguments: ["geheim", "geheim@db", "", "postgresql://u:ge?password=heim@db/app"]
    )
    func unclear(text: String) {
        #expect(SecretMask.shown(text, secrecy: .password) == nil)
    }

    @Test("A secret is never shown, in no message, listing or help")
    func never() throws {
        let environment = [
            "NOTIFY_DATABASE_URL": "mysql://u:geheim@db/app", "NOTIFY_LISTEN_URL": "geheim",
            "NOTIFY_MIGRATE_DATABASE_URL": "postgresql://u:geheim@db/app", "NOTIFY_SMTP_URL": "smtp://u:geheim@h",
            "NOTIFY_SMTP_PASSWORD": "geheim\u{1}", "NOTIFY_SECRET_KEYS": "geheim\u{1}",
        ]
        let values = SettingValues(environment: environment)
        let error = try #require(throws: SettingsError.self) { try Settings(values) }
        let report = FailureReport(error)
        #expect(report.exit == .configuration)
        #expect(!report.text.contains("geheim"), "\(report.text)")
        #expect(!SettingsListing(values).text.contains("geheim"))
        #expect(SettingsListing(values).text.contains(SecretMask.mask))
    }

    @Test("Control characters in a shown value are escaped and a long one is cut")
    func escaped() {
        #expect(SecretMask.shown("a\u{1b}[31m\n", secrecy: .plain) == #"a\u{1b}[31m\u{a}"#)
        #expect(SecretMask.shown(String(repeating: "x", count: 500), secrecy: .plain)?.count == 201)
    }
}
