import Logging
import SMTPSender
import Testing

@testable import NotifyWorker

@Suite("Settings")
struct SettingsTests {
    @Test("Without any setting the documented defaults hold")
    func defaults() throws {
        let settings = try Settings(SettingValues(environment: [:]))
        #expect(settings.database.url == nil)
        #expect(settings.relay.tls == .required)
        #expect(settings.relay.pipelining == .auto)
        #expect(settings.relay.connections == 10)
        #expect(settings.mail.templates == "templates")
        #expect(settings.http.host == "127.0.0.1")
        #expect(settings.http.port == 8080)
        #expect(settings.times.leaseSeconds == 60)
        #expect(settings.times.shutdownSeconds == 25)
        #expect(settings.times.retentionDays == 30)
        #expect(settings.logs.level == .info)
        #expect(settings.logs.format == nil)
    }

    @Test("Every default is a value that its own setting takes")
    func defaultsAreValid() throws {
        for setting in Settings.groups.flatMap({ $0.declarations }) {
            guard case .value(let text) = setting.standard else { continue }
            #expect(throws: Never.self, "\(setting.name)") { try setting.check(text) }
        }
    }

    @Test("No name is declared twice, each starts with NOTIFY_, and each has a summary on one line")
    func names() {
        let declarations = Settings.groups.flatMap { $0.declarations }
        #expect(Set(declarations.map(\.name)).count == declarations.count)
        for setting in declarations {
            #expect(setting.name.hasPrefix("NOTIFY_"))
            #expect(!setting.summary.isEmpty && !setting.summary.contains("\n"))
            #expect(!setting.example.isEmpty)
        }
    }

    @Test("The contract's names are all declared")
    func contract() {
        let declared = Set(Settings.groups.flatMap { $0.declarations }.map(\.name))
        let contract = [
            "DATABASE_URL", "LISTEN_URL", "API_DATABASE_URL", "MIGRATE_DATABASE_URL", "SMTP_URL", "SMTP_USERNAME",
            "SMTP_PASSWORD", "SMTP_TLS", "SMTP_CA_FILE", "SMTP_CONNECTIONS", "SMTP_HELLO_NAME", "SMTP_PIPELINING",
            "SMTP_TIMEOUTS", "MAIL_FROM", "MAIL_DOMAIN", "MAIL_ENVELOPE_FROM", "MAIL_REPLY_TO", "MAIL_ALLOW",
            "PUBLIC_URL", "APP_URL", "TEMPLATES", "HTTP_HOST", "HTTP_PORT", "TRUSTED_PROXIES", "SECRET_KEYS",
            "LEASE_SECONDS", "SHUTDOWN_SECONDS", "RETRY_SCHEDULE", "RETENTION_DAYS", "UNKNOWN_HOLD", "JOURNAL_DIR",
            "LOG_LEVEL", "LOG_FORMAT",
        ]
        for name in contract { #expect(declared.contains("NOTIFY_" + name), "NOTIFY_\(name)") }
    }

    @Test(
        "A wrong value is refused with the name, what is wrong and an example",
        arguments: [
            ("NOTIFY_HTTP_PORT", "abc", "is not a whole number from 0 to 65535"),
            ("NOTIFY_HTTP_PORT", "65536", "is not a whole number from 0 to 65535"),
            ("NOTIFY_HTTP_PORT", "-1", "is not a whole number"),
            ("NOTIFY_HTTP_HOST", "local host", "holds white space"),
            ("NOTIFY_TRUSTED_PROXIES", "10.0.0.0/33", "prefix length"),
            ("NOTIFY_TRUSTED_PROXIES", "10.0.0/8", "no IPv4 or IPv6 address"),
            ("NOTIFY_TRUSTED_PROXIES", " , ", "empty list"),
            ("NOTIFY_DATABASE_URL", "mysql://db/app", "does not start with postgresql://"),
            ("NOTIFY_DATABASE_URL", "db.example.com", "neither a postgresql:// URI nor a conninfo"),
            ("NOTIFY_SMTP_TLS", "maybe", "is none of required, opportunistic, off"),
            ("NOTIFY_SMTP_PIPELINING", "on", "is none of auto, transaction, off"),
            ("NOTIFY_SMTP_CONNECTIONS", "0", "whole number from 1"),
            ("NOTIFY_SMTP_CA_FILE", "/nonexistent/ca.pem", "no file that this process can read"),
            ("NOTIFY_PUBLIC_URL", "notify.example.com", "not an absolute http"),
            ("NOTIFY_PUBLIC_URL", "https://u:p@example.com", "user name or password"),
            ("NOTIFY_APP_URL", "https://example.com/?a=1", "query or a fragment"),
            ("NOTIFY_APP_URL", "https://bücher.example", "not all ASCII"),
            ("NOTIFY_APP_URL", "https://example.com/<a>", "no URL may"),
            ("NOTIFY_MAIL_FROM", "a@b.example\r\nBcc: c@d.example", "line break"),
            ("NOTIFY_LEASE_SECONDS", "1", "whole number from 2"),
            ("NOTIFY_UNKNOWN_HOLD", "assigned_chat", "names a kind"),
            ("NOTIFY_LOG_LEVEL", "loud", "is none of trace, debug"),
            ("NOTIFY_LOG_FORMAT", "xml", "is none of text, json"),
        ])
    func wrongValue(name: String, value: String, message: String) throws {
        let error = try #require(throws: SettingsError.self) {
            try Settings(SettingValues(environment: [name: value]))
        }
        let problem = try #require(error.problems.first)
        #expect(error.problems.count == 1)
        #expect(problem.name == name)
        #expect(problem.message.contains(message), "\(problem.message)")
        #expect(problem.mend.hasPrefix("Example: \(name)="))
    }

    @Test("All problems are told at once")
    func allProblems() throws {
        let environment = ["NOTIFY_HTTP_PORT": "x", "NOTIFY_LOG_LEVEL": "y", "NOTIFY_SMTP_TLS": "z"]
        let error = try #require(throws: SettingsError.self) { try Settings(SettingValues(environment: environment)) }
        #expect(Set(error.problems.map(\.name)) == Set(environment.keys))
    }

    @Test("An empty value counts as not given")
    func emptyValue() throws {
        try #expect(Settings(SettingValues(environment: ["NOTIFY_HTTP_PORT": ""])).http.port == 8080)
    }

    @Test("The other connections default to the first")
    func derivedConnections() throws {
        let environment = ["NOTIFY_DATABASE_URL": "postgresql://a/b", "NOTIFY_LISTEN_URL": "host=c"]
        let database = try Settings(SettingValues(environment: environment)).database
        #expect(database.apiURL == "postgresql://a/b")
        #expect(database.migrateURL == "postgresql://a/b")
        #expect(database.listenURL == "host=c")
    }
}
