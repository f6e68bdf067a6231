import NotifyCore
import PostgresClient
import TestSupport

extension DatabaseTemplate {
    /// The schema with two organisations and three users: Ada and Bob belong to `acme`, Cyd to no organisation.
    static let apiDirectory = DatabaseTemplate("api_directory") { conninfo in
        let connection = try PostgresConnection(conninfo)
        defer { connection.close() }
        _ = try Migrator(connection).migrate()
        try connection.execute(
            """
            select notify.upsert_organization('\(acme)', 'Acme'), notify.upsert_organization('\(globex)', 'Globex');
            select notify.upsert_user('\(ada)', 'ada@example.com', 'Ada'),
                notify.upsert_user('\(bob)', 'bob@example.com', 'Bob'),
                notify.upsert_user('\(cyd)', 'cyd@example.com', 'Cyd');
            select notify.add_member('\(acme)', '\(ada)'), notify.add_member('\(acme)', '\(bob)', 'admin');
            """)
    }
}

let acme = "10000000-0000-4000-8000-00000000000a"
let globex = "10000000-0000-4000-8000-00000000000b"
let ada = "20000000-0000-4000-8000-00000000000a"
let bob = "20000000-0000-4000-8000-00000000000b"
let cyd = "20000000-0000-4000-8000-00000000000c"
let nobody = "20000000-0000-4000-8000-0000000000ff"

let ticket = #"{"ticket_id":"7","subject":"Printer on fire","url":"https://app.example.com/tickets/7"}"#

/// An event for the body of a request, with further members as they stand in JSON.
func event(for user: String = ada, _ members: String = "") -> String {
    #"{"kind":"assigned_ticket","user_id":"\#(user)","payload":\#(ticket)\#(members.isEmpty ? "" : ",")\#(members)}"#
}
