import Foundation
import NotifyCore
import PostgresClient
import TestSupport

/// The real binary, run as a person or a service manager would.
enum Program {
    /// Beside the test bundle, where the same build left it.
    static let path = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent().appending(path: "notify-worker").path(percentEncoded: false)

    /// Runs it to its end. Settings of the machine that runs the tests do not reach it.
    static func run(
        _ arguments: [String], settings: [String: String] = [:], input: String = ""
    ) async throws -> Command.Output {
        let foreign = ProcessInfo.processInfo.environment.keys.filter { $0.hasPrefix("NOTIFY_") }.sorted()
        let cleared =
            foreign.flatMap { ["-u", $0] } + settings.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        return try await Command.outcome(
            "env", cleared + [path] + arguments, input: Array(input.utf8), in: Checkout.root)
    }

    /// All that a worker needs but database and relay.
    static let settings = [
        "NOTIFY_MAIL_FROM": "Example Support <support@example.com>", "NOTIFY_PUBLIC_URL": "https://notify.example.com",
        "NOTIFY_SECRET_KEYS": Data(0..<32).base64EncodedString(), "NOTIFY_HTTP_PORT": "0",
    ]
}

extension Command.Output {
    /// The result, decoded.
    func json() throws -> Any {
        try JSONSerialization.jsonObject(with: Data(standardOutput.utf8))
    }
}

extension DatabaseTemplate {
    /// The schema with one organisation and one user in it.
    static let oneUser = DatabaseTemplate("worker_one_user") { conninfo in
        let connection = try PostgresConnection(conninfo)
        defer { connection.close() }
        _ = try Migrator(connection).migrate()
        try connection.execute(
            """
            select notify.upsert_organization('\(Person.organization)', 'Acme');
            select notify.upsert_user('\(Person.jane)', 'jane@example.com', 'Jane Doe');
            select notify.add_member('\(Person.organization)', '\(Person.jane)');
            """)
    }
}

enum Person {
    static let jane = "20000000-0000-4000-8000-00000000000a"
    static let organization = "10000000-0000-4000-8000-00000000000a"
    static let ticket = #"{"ticket_id":"7","subject":"Printer on fire","url":"https://app.example.com/t/7"}"#
}
