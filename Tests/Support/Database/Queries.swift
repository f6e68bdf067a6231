package import PostgresClient

/// An error as a caller sees it.
package struct Refusal: Sendable, Hashable {
    package var state: String
    package var column: String?
    package var message = ""

    package init(_ state: String, _ column: String?, _ message: String = "") {
        self.state = state
        self.column = column
        self.message = message
    }

    package init(_ error: PostgresError) {
        self.init(error.sqlState?.rawValue ?? "", error.column, error.message)
    }

    /// Without the message, which is for people.
    package var codes: Refusal { Refusal(state, column) }
}

extension PostgresConnection {
    /// The only column of a query, as text.
    package func column(_ query: String) throws -> [String?] {
        let rows = try run(Statement("select q.value::text from (\(query)) q (value)"))
        return try (0..<rows.count).map { try rows.optionalString($0, 0) }
    }

    package func value(_ query: String) throws -> String? {
        try column(query).first ?? nil
    }

    /// The error that a statement ends with; nil if it succeeds.
    package func error(_ statement: String) throws -> PostgresError? {
        do {
            _ = try run(Statement(statement))
            return nil
        } catch let error where error.sqlState != nil {
            return error
        }
    }

    package func refusal(_ statement: String) throws -> Refusal? {
        try error(statement).map { Refusal($0) }
    }

    /// Waits until so much time has passed by the database's clock, for what counts from now on.
    package func wait(milliseconds: Int) throws {
        _ = try run(Statement("select pg_sleep($1)"), [Double(milliseconds) / 1_000])
    }

    /// Waits until a condition, a query for one boolean, holds: until another session is seen to wait, for example.
    package func wait(until condition: String) throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while try value(condition) != "true" {
            // Within a transaction the statistics views show what they showed at the first look.
            try execute("select pg_stat_clear_snapshot()")
            guard ContinuousClock.now < deadline else { throw NeverHeld(condition: condition) }
        }
    }

    package struct NeverHeld: Error {
        package let condition: String
    }
}

extension TestDatabase {
    package func column(_ query: String, user: String = "postgres") async throws -> [String?] {
        try await withConnection(user: user) { try $0.column(query) }
    }

    package func value(_ query: String, user: String = "postgres") async throws -> String? {
        try await withConnection(user: user) { try $0.value(query) }
    }

    package func refusal(_ statement: String, user: String = "postgres") async throws -> Refusal? {
        try await withConnection(user: user) { try $0.refusal(statement) }
    }

    package func execute(_ sql: String) async throws {
        try await withConnection { try $0.execute(sql) }
    }
}
