import DevMailbox
import Foundation
import TestSupport
import Testing

/// From an empty database to outcomes that an operator can read, with nothing but the binary and SQL.
@Suite("The commands, one after another", .timeLimit(.minutes(3)))
struct LifeTests {
    @Test("migrate, check, enqueue, run --drain, queue status and explain tell one story")
    func story() async throws {
        let refused = FaultRule(.rcpt, recipient: "bob@example.com", .reply(550, "5.1.1", "bob@example.com: who?"))
        try await Drive.with(faults: [refused], .empty) { drive in
            let settings = drive.settings()
            #expect(try await Program.run(["check"], settings: settings).status == 78)
            let migrated = try await Program.run(["migrate"], settings: settings)
            #expect(migrated.status == 0, "\(migrated.standardError)")
            try await drive.database.execute(People.directory)
            #expect(try await Program.run(["check"], settings: settings).status == 0)

            var events: [(id: String, end: String)] = []
            for (kind, payload) in People.payloads {
                events.append((try await enqueue(kind, payload, for: People.ada, settings), "sent"))
            }
            let ticket = ("assigned_ticket", People.payloads["assigned_ticket"] ?? "")
            events.append(
                (try await enqueue(ticket.0, ticket.1, for: People.bob, settings), "failed recipient_refused"))
            events.append((try await enqueue(ticket.0, ticket.1, for: People.cyd, settings), "skipped preference_off"))

            let drained = try await Program.run(["run", "--no-api", "--drain"], settings: settings)
            #expect(drained.status == 0, "\(drained.standardError)")
            #expect(!drained.standardError.contains("@example.com"), "addresses stay out of the log")
            #expect(drive.mailbox.state.mailCount == People.payloads.count)
            #expect(drive.mailbox.state.violations.isEmpty)
            for (id, end) in events { try await expect(id, endedAs: end, settings) }
            let status = try #require(
                try await Program.run(["queue", "status", "--json"], settings: settings).json() as? [String: Any])
            #expect((status["depth"] as? [Any])?.isEmpty == true && (status["workers"] as? [Any])?.isEmpty == true)
        }
    }

    private func enqueue(
        _ kind: String, _ payload: String, for user: String, _ settings: [String: String]
    ) async throws -> String {
        let output = try await Program.run(
            ["enqueue", "--kind", kind, "--user", user, "--payload", "-"], settings: settings, input: payload)
        #expect(output.status == 0, "\(output.standardError)")
        return output.standardOutput.trimmingCharacters(in: .newlines)
    }

    private func expect(_ id: String, endedAs end: String, _ settings: [String: String]) async throws {
        let output = try await Program.run(["explain", id, "--json"], settings: settings)
        #expect(output.status == 0, "\(output.standardError)")
        let outcome = try #require((try output.json() as? [String: Any])?["outcome"] as? [String: Any])
        let words = [outcome["outcome"], outcome["reason"]].compactMap { $0 as? String }
        #expect(words.joined(separator: " ") == end)
        #expect(!output.standardOutput.contains("who?") || !output.standardOutput.contains("bob@example.com"))
    }

    @Test("a relay that wants a login, or refuses the sender, is what check then tells", arguments: [530, 550])
    func refusingRelay(code: Int) async throws {
        try await Drive.with(faults: [FaultRule(.mail, .reply(code, "5.7.1", "Not from you"))]) { drive in
            let output = try await Program.run(["check"], settings: drive.settings())
            #expect(output.status != 0)
            #expect(output.standardOutput.contains("\(code) 5.7.1"), "\(output.standardOutput)")
        }
    }

    @Test("check hears notifications where it listens, and tells when they are another database's")
    func notifications() async throws {
        try await Drive.with { drive in
            let heard = try await Program.run(["check"], settings: drive.settings())
            #expect(heard.status == 0, "\(heard.standardOutput)")
            #expect(heard.standardOutput.contains("✓ notifications: heard: new events wake"), "\(heard.standardOutput)")
            let apart = try await Program.run(
                ["check"], settings: drive.settings(["NOTIFY_LISTEN_URL": drive.database.conninfo]))
            #expect(apart.standardOutput.contains("heard at NOTIFY_LISTEN_URL"), "\(apart.standardOutput)")
            try await withTestDatabase { other in
                let deaf = try await Program.run(
                    ["check"], settings: drive.settings(["NOTIFY_LISTEN_URL": other.url()]))
                #expect(deaf.status == 78)
                #expect(deaf.standardOutput.contains("is not heard at NOTIFY_LISTEN_URL"), "\(deaf.standardOutput)")
            }
            let away = try await Program.run(
                ["check"], settings: drive.settings(["NOTIFY_LISTEN_URL": "postgresql://127.0.0.1:1/app"]))
            #expect(away.status == 1)
            #expect(away.standardOutput.contains("✗ notifications: NOTIFY_LISTEN_URL: cannot connect"))
        }
    }

    @Test(
        "a database that is not there is one line with the mend, and 1",
        arguments: [["migrate"], ["queue", "status"], ["explain", "1"], ["enqueue", "--many", "-"]])
    func databaseAway(arguments: [String]) async throws {
        let settings = ["NOTIFY_DATABASE_URL": "postgresql://someone:geheim@127.0.0.1:1/app"]
        let output = try await Program.run(arguments, settings: settings, input: People.line)
        #expect(output.status == 1, "\(output.standardError)")
        #expect(output.standardOutput.isEmpty)
        #expect(output.standardError.contains("127.0.0.1"), "\(output.standardError)")
        #expect(!output.standardError.contains("geheim") && !output.standardError.contains("Fatal error"))
    }

    @Test(
        "a wrong setting ends run with 78, its name and a mend, and no secret is shown",
        arguments: [
            ("NOTIFY_SMTP_URL", "smtp://relay.example.com:geheim"), ("NOTIFY_SMTP_TLS", "geheim"),
            ("NOTIFY_SECRET_KEYS", "geheim"), ("NOTIFY_MAIL_FROM", "no address"), ("NOTIFY_PUBLIC_URL", "notify"),
            ("NOTIFY_LEASE_SECONDS", "0"),
            ("NOTIFY_DATABASE_URL", "postgresql://127.0.0.1:0/app"), ("NOTIFY_LISTEN_URL", "postgresql://db:99999/app"),
            ("NOTIFY_DATABASE_URL", "host=db port=70000"), ("NOTIFY_SMTP_URL", "smtp://relay:0"),
            ("NOTIFY_PUBLIC_URL", "https://notify.example.com:99999"),
            ("NOTIFY_RETRY_SCHEDULE", "soon"), ("NOTIFY_TEMPLATES", "/nowhere"),
        ])
    func wrongSetting(name: String, value: String) async throws {
        var settings = Program.settings
        settings["NOTIFY_DATABASE_URL"] = "postgresql://127.0.0.1:1/app"
        settings["NOTIFY_SMTP_URL"] = "smtp://127.0.0.1:1?tls=off"
        settings[name] = value
        let output = try await Program.run(["run"], settings: settings)
        #expect(output.status == 78, "\(output.standardError)")
        #expect(output.standardError.contains(name), "\(output.standardError)")
        #expect(name != "NOTIFY_SECRET_KEYS" || !output.standardError.contains("geheim"))
    }
}

private enum People {
    static let (ada, bob, cyd) = (
        "20000000-0000-4000-8000-00000000000a", "20000000-0000-4000-8000-00000000000b",
        "20000000-0000-4000-8000-00000000000c"
    )

    static let directory = """
        select notify.upsert_user('\(ada)', 'ada@example.com', 'Ada', 'de', 'Europe/Berlin'),
            notify.upsert_user('\(bob)', 'bob@example.com', 'Bob'),
            notify.upsert_user('\(cyd)', 'cyd@example.com', 'Cyd');
        select notify.set_email_preference('\(cyd)', 'assigned_tickets', false)
        """

    static let line =
        #"{"kind": "assigned_ticket", "user_id": "20000000-0000-4000-8000-00000000000a", "payload": {}}"#

    private static let url = "https://app.example.com/1"
    static let payloads = [
        "assigned_conversation": #"{"conversation_id": "1", "subject": "Hello", "url": "\#(url)"}"#,
        "assigned_ticket": #"{"ticket_id": "1", "subject": "Hello", "url": "\#(url)"}"#,
        "conversation_note":
            #"{"conversation_id": "1", "note_id": "2", "subject": "Hello", "author": "Bo", "note": "Hm", "url": "\#(url)"}"#,
        "assigned_reminder": #"{"reminder_id": "1", "title": "Hello", "url": "\#(url)"}"#,
        "assigned_inquiry": #"{"inquiry_id": "1", "subject": "Hello", "url": "\#(url)"}"#,
    ]
}
