import PostgresClient

extension CommandFailure {
    /// What a command says when PostgreSQL cannot be reached or refuses.
    init(_ error: PostgresError) {
        switch error.code {
        case .connection:
            self.init(
                error.message,
                mend:
                    "Check that PostgreSQL runs there and that NOTIFY_DATABASE_URL has the right host, user, password "
                    + "and database; `notify-worker check` tells more.")
        case .usage:
            self.init(
                error.message, mend: "Mend the connection string; see: notify-worker config", exit: .configuration)
        case .server(let state): self.init(error, state: state)
        case .timeout, .decoding, .behindPooler, .closed: self.init(error.description)
        }
    }

    private init(_ error: PostgresError, state: SQLState) {
        switch state.rawValue {
        case _ where state.category == "NW":
            let field = error.column.map { " (field \($0))" } ?? ""
            self.init("refused, \(state.rawValue)\(field): \(LogText.escaped(error.message))", mend: error.hint)
        case "42P01", "42883", "3F000", "42703":
            self.init(
                "the schema notify in this database is missing or older than this program (\(state.rawValue))",
                mend: "Run: notify-worker migrate", exit: .configuration)
        case "42501":
            self.init(
                "the database role may not do this (42501)",
                mend:
                    "Grant it the role that the command needs (notify_producer, notify_operator, notify_api or notify_worker), "
                    + "or use a connection that has it.", exit: .configuration)
        case "25006":
            self.init(
                "the database is read-only, as a standby is (25006)",
                mend: "Point NOTIFY_DATABASE_URL at the primary, or add target_session_attrs=read-write to it.")
        case "22P02", "22P05", "22021":
            self.init("PostgreSQL cannot read a value as its type (\(state.rawValue))", mend: error.hint)
        default: self.init(error.description)
        }
    }
}
