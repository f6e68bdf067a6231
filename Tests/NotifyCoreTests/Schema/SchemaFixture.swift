import Foundation
import NotifyCore
import PostgresClient
import TestSupport

extension DatabaseTemplate {
    /// The migrated schema with nobody in it.
    static let schema = DatabaseTemplate("schema") { conninfo in
        let connection = try PostgresConnection(conninfo)
        defer { connection.close() }
        _ = try Migrator(connection).migrate()
    }

    /// The schema with two organisations and three users: Ada and Bob belong to `acme`, Cyd to no organisation.
    static let directory = DatabaseTemplate("directory") { conninfo in
        let connection = try PostgresConnection(conninfo)
        defer { connection.close() }
        _ = try Migrator(connection).migrate()
        try connection.execute(
            """
            select notify.upsert_organization('\(acme)', 'Acme'), notify.upsert_organization('\(globex)', 'Globex');
            select notify.upsert_user('\(ada)', 'ada@example.com', 'Ada'),
                notify.upsert_user('\(bob)', 'bob@example.com', 'Bob', 'pt-BR', 'America/Sao_Paulo'),
                notify.upsert_user('\(cyd)', 'cyd@example.com', 'Cyd');
            select notify.add_member('\(acme)', '\(ada)'), notify.add_member('\(acme)', '\(bob)', 'admin');
            """
        )
    }
}

let acme = "10000000-0000-4000-8000-00000000000a"
let globex = "10000000-0000-4000-8000-00000000000b"
let ada = "20000000-0000-4000-8000-00000000000a"
let bob = "20000000-0000-4000-8000-00000000000b"
let cyd = "20000000-0000-4000-8000-00000000000c"
let nobody = "20000000-0000-4000-8000-0000000000ff"

let ticket = #"{"ticket_id": "7", "subject": "Printer on fire", "url": "https://app.example.com/tickets/7"}"#
let reminder = #"{"reminder_id": "3", "title": "Call back", "url": "https://app.example.com/reminders/3"}"#

/// A call of `notify.enqueue` for a ticket, with further arguments as they stand in SQL.
func enqueueTicket(_ user: String = ada, _ arguments: String = "") -> String {
    "select notify.enqueue('assigned_ticket', '\(user)', '\(ticket)'\(arguments.isEmpty ? "" : ", ")\(arguments))"
}

/// A call that must be refused.
struct BadCall: Sendable {
    let call: String
    let expected: Refusal

    init(_ call: String, _ state: String, _ column: String) {
        self.call = call
        self.expected = Refusal(state, column)
    }
}

extension TestDatabase {
    /// The errors that calls of functions end with, without their messages, one after the other in this database: what
    /// is refused leaves nothing, so there is no need for a copy each.
    func refusals(_ calls: [BadCall]) async throws -> [Refusal?] {
        try await withConnection { connection in
            try calls.map { try connection.refusal("select notify.\($0.call)")?.codes }
        }
    }

    /// How many rows the tables hold that enqueue writes to, taken together.
    func queuedRows() async throws -> String? {
        try await value(
            """
            select (select count(*) from notify.events) + (select count(*) from notify.event_payloads)
                + (select count(*) from notify.notifications) + (select count(*) from notify.dedupe_keys)
            """
        )
    }
}
