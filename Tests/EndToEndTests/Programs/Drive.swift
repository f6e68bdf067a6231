import DevMailbox
import Foundation
import NotifyCore
import PostgresClient
import TestSupport

/// A database with the fixture's users, a mailbox as the relay, and settings that lead the binary to both.
struct Drive: Sendable {
    let database: TestDatabase
    let mailbox: DevMailbox

    static func with(
        faults: [FaultRule] = [], _ template: DatabaseTemplate = .fixtureDirectory,
        _ body: (Drive) async throws -> Void
    ) async throws {
        var configuration = MailboxConfiguration()
        configuration.faults = faults
        try await withTestDatabase(template) { database in
            try await DevMailbox.with(configuration) { mailbox in
                try await body(Drive(database: database, mailbox: mailbox))
            }
        }
    }

    func settings(_ others: [String: String] = [:]) -> [String: String] {
        Program.settings
            .merging([
                "NOTIFY_DATABASE_URL": database.url(), "NOTIFY_LISTEN_URL": database.direct.url(),
                "NOTIFY_SMTP_URL": "smtp://127.0.0.1:\(mailbox.smtpPort)?tls=off",
            ]) { $1 }
            .merging(others) { $1 }
    }

    /// Starts a worker and returns once it says that it runs.
    func startWorker(_ others: [String: String] = [:]) async throws -> RunningProgram {
        let worker = try await RunningProgram.start(["run", "--no-api"], settings: settings(others))
        guard try await worker.line(with: "worker started") != nil else {
            throw DidNotStart(log: worker.lines.joined(separator: "\n"))
        }
        return worker
    }

    struct DidNotStart: Error {
        let log: String
    }

    /// Waits until a condition, a query for one boolean, holds.
    func wait(until condition: String) async throws {
        try await database.withConnection { try $0.wait(until: condition) }
    }

    /// `sent: 3`, `failed recipient_refused: 1`, sorted.
    func outcomes() async throws -> [String] {
        try await database.column(
            """
            select concat(concat_ws(' ', outcome, reason), ': ', count(*)) from notify.deliveries
            group by outcome, reason order by 1
            """
        )
        .compactMap(\.self)
    }
}
