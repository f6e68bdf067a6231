import DevMailbox
import Foundation
import Glibc
import NotifyCore
import PostgresClient
import TestSupport
import Testing

@Suite("run", .timeLimit(.minutes(3)))
struct RunTests {
    private func settings(_ database: TestDatabase, _ mailbox: DevMailbox) -> [String: String] {
        Program.settings.merging([
            "NOTIFY_DATABASE_URL": database.url(), "NOTIFY_SMTP_URL": "smtp://127.0.0.1:\(mailbox.smtpPort)?tls=off",
        ]) { $1 }
    }

    @Test(
        "It sends what is queued, logs one JSON object a line, and SIGTERM ends it with 0",
        arguments: [SIGTERM, SIGINT])
    func sendsAndStops(signal: Int32) async throws {
        try await withTestDatabase(.oneUser) { database in
            try await DevMailbox.with { mailbox in
                let program = try await RunningProgram.start(["run"], settings: settings(database, mailbox))
                #expect(try await program.line(with: "worker started") != nil)
                try await enqueue(database)
                _ = try await mailbox.mails(count: 1)
                program.signal(signal)
                #expect(try await program.end() == 0)
                for line in program.lines {
                    let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
                    #expect(object?["message"] is String && object?["time"] is String, "\(line)")
                    #expect(!line.contains("jane@example.com"))
                }
                let outcomes = try await database.withConnection { connection in
                    try connection.run(Statement("select count(*) from notify.deliveries where outcome = 'sent'"))
                        .int64(0, 0)
                }
                #expect(outcomes == 1)
            }
        }
    }

    @Test("--drain sends what is due and ends by itself with 0")
    func drain() async throws {
        try await withTestDatabase(.oneUser) { database in
            try await DevMailbox.with { mailbox in
                for _ in 0..<50 { try await enqueue(database) }
                let output = try await Program.run(
                    ["run", "--no-api", "--drain"], settings: settings(database, mailbox))
                #expect(output.status == 0, "\(output.standardError)")
                #expect(mailbox.state.mails.count == 50)
            }
        }
    }

    @Test("A database that is away is waited for, and /readyz says so meanwhile")
    func databaseAway() async throws {
        try await DevMailbox.with { mailbox in
            var settings = Program.settings
            settings["NOTIFY_SMTP_URL"] = "smtp://127.0.0.1:\(mailbox.smtpPort)?tls=off"
            settings["NOTIFY_DATABASE_URL"] = "postgresql://u:geheim@127.0.0.1:1/app"
            let program = try await RunningProgram.start(["run"], settings: settings)
            let waiting = try #require(try await program.line(with: "cannot start yet"))
            #expect(waiting.contains("127.0.0.1, port 1"))
            #expect(!waiting.contains("geheim"))
            program.signal(SIGTERM)
            #expect(try await program.end() == 0)
        }
    }

    @Test("Missing migrations end it with 78 and the mend")
    func notMigrated() async throws {
        try await withTestDatabase { database in
            try await DevMailbox.with { mailbox in
                let output = try await Program.run(["run"], settings: settings(database, mailbox))
                #expect(output.status == 78)
                #expect(output.standardError.contains("notify-worker migrate"))
            }
        }
    }

    @Test("A taken port ends it with 1, the address and the mend")
    func portTaken() async throws {
        try await withTestDatabase { database in
            try await DevMailbox.with { mailbox in
                let port = mailbox.smtpPort
                var settings = self.settings(database, mailbox)
                settings["NOTIFY_HTTP_PORT"] = "\(port)"
                let output = try await Program.run(["run", "--no-worker"], settings: settings)
                #expect(output.status == 1)
                #expect(output.standardError.contains("cannot listen on 127.0.0.1:\(port): Address already in use"))
                #expect(output.standardError.contains("NOTIFY_HTTP_PORT"))
            }
        }
    }

    private func enqueue(_ database: TestDatabase) async throws {
        _ = try await database.withConnection { connection in
            try EventProducer(connection)
                .enqueue(
                    NewEvent(
                        kind: "assigned_ticket", userID: try #require(UUID(uuidString: Person.jane)),
                        payload: Person.ticket))
        }
    }
}
