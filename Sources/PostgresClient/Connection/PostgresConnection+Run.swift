internal import CLibPQ

/// What a connection remembers of a statement that it prepared.
struct PreparedStatement {
    /// The name on the server: the statement's own and a number, so that preparing anew never meets the old one.
    let serverName: String
    let sql: String
    let oids: [UInt32]

    /// Refuses another statement under the same name.
    func check(_ statement: Statement, _ parameters: Parameters) throws(PostgresError) {
        guard sql == statement.sql else {
            throw PostgresError(.usage, "two statements are named \(statement.name)")
        }
        guard oids == parameters.oids else {
            throw PostgresError(.usage, "statement \(statement.name) was prepared for parameters of other types")
        }
    }
}

extension PostgresConnection {
    /// Runs one statement, in a transaction of its own unless one is open, and gives its rows in binary form.
    package func run(_ statement: Statement, _ parameters: Parameters = Parameters()) throws(PostgresError) -> Rows {
        guard usesPreparedStatements, !statement.name.isEmpty else { return try runUnprepared(statement, parameters) }
        do {
            return try runPrepared(statement, parameters)
        } catch  where error.meansStalePreparation {
            preparedStatements[statement.name] = nil
            // Within a transaction block all is lost anyway; the next one prepares anew.
            guard !isInTransaction else { throw error }
            return try runPrepared(statement, parameters)
        }
    }

    /// Runs any number of statements, separated by semicolons, without parameters: migrations and session commands.
    /// Outside a transaction block they form one transaction, unless they hold commands for transactions of their own.
    /// Behind a pooler that one has no limits of time: give it some with ``transaction(_:)``.
    package func execute(_ sql: String) throws(PostgresError) {
        let handle = try open()
        guard !sql.utf8.contains(0) else { throw PostgresError(.usage, "the SQL text contains a NUL byte") }
        _ = try Rows(PQexec(handle, sql), connection: handle)
    }

    private func runUnprepared(_ statement: Statement, _ parameters: Parameters) throws(PostgresError) -> Rows {
        // Two statements in one transaction and one round trip.
        guard limitsStatement == nil else {
            return try pipelineAtomically([StatementCall(statement, parameters)])[0]
        }
        let handle = try open()
        try check(statement, parameters)
        let result = parameters.withCArrays { arrays in
            PQexecParams(
                handle, statement.sql, arrays.count, arrays.oids, arrays.values, arrays.lengths, arrays.formats, 1
            )
        }
        return try Rows(result, connection: handle)
    }

    private func runPrepared(_ statement: Statement, _ parameters: Parameters) throws(PostgresError) -> Rows {
        let handle = try open()
        let prepared: PreparedStatement
        if let known = try preparation(of: statement, parameters) {
            prepared = known
        } else {
            prepared = try newPreparation(of: statement, parameters)
            _ = try Rows(
                PQprepare(handle, prepared.serverName, statement.sql, Int32(prepared.oids.count), prepared.oids),
                connection: handle
            )
            preparedStatements[statement.name] = prepared
        }
        let result = parameters.withCArrays { arrays in
            PQexecPrepared(
                handle, prepared.serverName, arrays.count, arrays.values, arrays.lengths, arrays.formats, 1
            )
        }
        return try Rows(result, connection: handle)
    }

    /// What was prepared under the statement's name, after a check that it is the same statement.
    func preparation(of statement: Statement, _ parameters: Parameters) throws(PostgresError) -> PreparedStatement? {
        guard let prepared = preparedStatements[statement.name] else { return nil }
        try prepared.check(statement, parameters)
        return prepared
    }

    func newPreparation(of statement: Statement, _ parameters: Parameters) throws(PostgresError) -> PreparedStatement {
        try check(statement, parameters)
        preparedCount += 1
        return PreparedStatement(
            serverName: "\(statement.name)_\(preparedCount)", sql: statement.sql, oids: parameters.oids
        )
    }

    func check(_ statement: Statement, _ parameters: Parameters) throws(PostgresError) {
        guard parameters.count <= 65_535 else {
            throw PostgresError(.usage, "a statement has \(parameters.count) parameters; 65,535 is the most")
        }
        guard !statement.sql.utf8.contains(0) else {
            throw PostgresError(.usage, "the SQL text contains a NUL byte")
        }
    }
}

extension PostgresError {
    /// A prepared statement stops working when a migration changes what it returns, or when someone deallocated it.
    var meansStalePreparation: Bool {
        switch sqlState {
        case .invalidStatementName?: true
        case "0A000"?: fields.routine == "RevalidateCachedQuery"
        default: false
        }
    }
}
