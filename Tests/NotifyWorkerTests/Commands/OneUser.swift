import NotifyCore
import PostgresClient
import TestSupport

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
