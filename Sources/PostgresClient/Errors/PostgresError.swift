/// Anything that went wrong between this process and PostgreSQL.
///
/// `description` is fit for a log: it holds the SQLSTATE, its class and the names of schema objects, never a value or
/// a row. What the server said word for word is in `message`, `detail`, `hint` and `debugDescription`.
package struct PostgresError: Error, Sendable {
    package enum Code: Sendable, Hashable {
        /// No connection could be made, or the one there was is gone.
        case connection
        /// The caller waited for a free connection, or for a pool to stop, longer than it was ready to.
        case timeout
        /// The server refused the statement.
        case server(SQLState)
        /// A value is not of the type, or not in the form, in which it was asked for.
        case decoding
        /// The call itself was wrong: a malformed connection string, a statement with other parameters than before.
        case usage
        /// A connection that needs a session of its own goes through a pooler that does not give it one.
        case behindPooler
        /// The pool or connection was closed before the work could be done.
        case closed
    }

    /// What the server sent with an error, field by field (PostgreSQL manual, 55.8).
    package struct Fields: Sendable {
        package var message = ""
        package var detail: String?
        package var hint: String?
        package var schema: String?
        package var table: String?
        package var column: String?
        package var constraint: String?
        package var context: String?
        /// The C function that raised it: the only way to tell some errors with one SQLSTATE apart.
        package var routine: String?
    }

    private final class Storage: Sendable {
        let code: Code
        let fields: Fields
        let isConnectionLost: Bool

        init(code: Code, fields: Fields, isConnectionLost: Bool) {
            self.code = code
            self.fields = fields
            self.isConnectionLost = isConnectionLost
        }
    }

    // One pointer, so that a function that may throw stays as cheap to call as one that does not.
    private let storage: Storage

    package init(_ code: Code, fields: Fields, isConnectionLost: Bool = false) {
        self.storage = Storage(code: code, fields: fields, isConnectionLost: isConnectionLost || code == .connection)
    }

    package init(_ code: Code, _ message: String, isConnectionLost: Bool = false) {
        var fields = Fields()
        fields.message = message
        self.init(code, fields: fields, isConnectionLost: isConnectionLost)
    }

    package var code: Code { storage.code }

    package var sqlState: SQLState? {
        if case .server(let state) = code { state } else { nil }
    }

    package var fields: Fields { storage.fields }
    package var message: String { storage.fields.message }
    package var detail: String? { storage.fields.detail }
    package var hint: String? { storage.fields.hint }
    package var column: String? { storage.fields.column }
    package var constraint: String? { storage.fields.constraint }

    /// Whether the connection is of no more use. Whether a statement that was running took effect is then unknown.
    package var isConnectionLost: Bool { storage.isConnectionLost }

    /// Whether the same call may succeed later without any change.
    package var isTransient: Bool {
        if isConnectionLost { return true }
        return switch code {
        case .connection, .timeout: true
        case .server(let state): state.isTransient
        case .decoding, .usage, .behindPooler, .closed: false
        }
    }
}

extension PostgresError: CustomStringConvertible, CustomDebugStringConvertible {
    package var description: String {
        switch code {
        case .server(let state):
            var text = "PostgreSQL error \(state) (\(state.categoryName))"
            if let table = fields.table { text += ", table \(table)" }
            if let column { text += ", column \(column)" }
            if let constraint { text += ", constraint \(constraint)" }
            if isConnectionLost { text += ", connection lost" }
            return text
        case .connection, .timeout, .decoding, .usage, .behindPooler, .closed:
            // These messages are our own, or libpq's about host, port, user and database.
            return message
        }
    }

    /// Everything the server said. May hold values of rows and parameters: for a developer's eyes, not for a log.
    package var debugDescription: String {
        var lines = ["\(code): \(message)"]
        let optional: [(String, String?)] = [
            ("detail", detail), ("hint", hint), ("schema", fields.schema), ("table", fields.table),
            ("column", column), ("constraint", constraint), ("context", fields.context), ("routine", fields.routine),
        ]
        for case (let name, let value?) in optional {
            lines.append("\(name): \(value)")
        }
        if isConnectionLost { lines.append("connection lost") }
        return lines.joined(separator: "\n")
    }
}
