internal import CLibPQ

extension PostgresConnection {
    /// Runs `body` in a transaction: committed when it returns, rolled back when it throws.
    ///
    /// - Throws: what `body` throws; `usage` when `body` swallowed an error, so that the server could only roll back; an
    ///   error with `isConnectionLost` when the connection broke. If it broke at the commit, whether that took effect is
    ///   unknown.
    package func transaction<Result>(_ body: (PostgresConnection) throws -> Result) throws -> Result {
        guard !isInTransaction else { throw PostgresError(.usage, "a transaction is open already") }
        try execute(beginStatement)
        let result: Result
        do {
            result = try body(self)
        } catch {
            // A failure here means a lost connection, which the next call will say; the first error is the cause.
            if isUsable, isInTransaction { try? execute("rollback") }
            throw error
        }
        let handle = try open()
        let outcome = try Rows(PQexec(handle, "commit"), connection: handle)
        guard outcome.commandTag == "COMMIT" else {
            throw PostgresError(.usage, "the transaction was rolled back, because a statement in it had failed")
        }
        return result
    }

    /// What a transaction without `begin` starts with behind a pooler, where a session has no settings of its own. Nil
    /// where they are set: in a session that is ours, or by the `begin` of an open transaction.
    var limitsStatement: String? {
        guard isBehindPooler, !isInTransaction, !options.sessionSettings.isEmpty else { return nil }
        let settings = options.sessionSettings.map { name, value in
            "pg_catalog.set_config('\(name)', '\(value)', true)"
        }
        return "select \(settings.joined(separator: ", "))"
    }

    private var beginStatement: String {
        guard isBehindPooler else { return "begin" }
        let settings = options.sessionSettings.map { name, value in "; set local \(name) = \(value)" }
        return "begin\(settings.joined())"
    }
}
