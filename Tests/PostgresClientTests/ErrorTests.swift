import PostgresClient
import TestSupport
import Testing

@Suite("Errors")
struct ErrorTests {
    @Test("A constraint violation has its fields, and a description without the row")
    func fields() async throws {
        try await withTestDatabase { database in
            try await database.withConnection { connection in
                try connection.execute("create table people (email text constraint people_email_key unique)")
                let insert = Statement(name: "insert", sql: "insert into people values ($1)")
                _ = try connection.run(insert, ["anna@example.com"])
                let error = try #require(
                    #expect(throws: PostgresError.self) { try connection.run(insert, ["anna@example.com"]) })
                #expect(error.sqlState == "23505")
                #expect(error.constraint == "people_email_key")
                #expect(error.fields.table == "people")
                #expect(error.detail?.contains("anna@example.com") == true)
                #expect(error.debugDescription.contains("anna@example.com"))
                #expect(!error.description.contains("anna"))
                #expect("\(error)".contains("23505"))
                #expect(!error.isTransient)
                #expect(!error.isConnectionLost)
            }
        }
    }

    @Test("An error that a function raises keeps its SQLSTATE, column, message and hint")
    func raised() async throws {
        try await withTestDatabase { database in
            try await database.withConnection { connection in
                let error = #expect(throws: PostgresError.self) {
                    try connection.execute(
                        """
                        do $$ begin
                          raise exception 'no such kind' using errcode = 'NW001', column = 'kind', hint = 'see the list';
                        end $$
                        """)
                }
                #expect(error?.sqlState == "NW001")
                #expect(error?.column == "kind")
                #expect(error?.message == "no such kind")
                #expect(error?.hint == "see the list")
            }
        }
    }

    @Test(
        "What may succeed later is told from what will not, by SQLSTATE",
        arguments: [
            ("08006", true), ("53300", true), ("55P03", true), ("57014", true), ("57P01", true), ("57P03", true),
            ("40001", true), ("40P01", true), ("25006", true), ("23505", false), ("42P01", false), ("28P01", false),
            ("NW001", false), ("25P02", false), ("55006", false), ("22021", false),
        ])
    func transient(state: String, isTransient: Bool) {
        #expect(PostgresError(.server(SQLState(rawValue: state)), "").isTransient == isTransient)
    }
}
