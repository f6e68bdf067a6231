internal import CLibPQ

extension PostgresError {
    /// The error that a failed result carries; without a SQLSTATE it is libpq's own and means a lost connection.
    init(result: OpaquePointer?, connection: OpaquePointer) {
        let isLost = PQstatus(connection) != CONNECTION_OK
        guard let result, let state = Self.field(result, PQ_FIELD_SQLSTATE) else {
            let reason = Self.singleLine(PQerrorMessage(connection))
            if isLost {
                self.init(.connection, "connection to PostgreSQL lost: \(reason)", isConnectionLost: true)
            } else {
                self.init(.usage, "libpq refused the call: \(reason)")
            }
            return
        }
        // The session ends with these; libpq may not have read its end yet.
        let isFatal = ["FATAL", "PANIC"].contains(Self.field(result, PQ_FIELD_SEVERITY))
        var fields = Fields()
        fields.message = Self.field(result, PQ_FIELD_MESSAGE) ?? ""
        fields.detail = Self.field(result, PQ_FIELD_DETAIL)
        fields.hint = Self.field(result, PQ_FIELD_HINT)
        fields.schema = Self.field(result, PQ_FIELD_SCHEMA)
        fields.table = Self.field(result, PQ_FIELD_TABLE)
        fields.column = Self.field(result, PQ_FIELD_COLUMN)
        fields.constraint = Self.field(result, PQ_FIELD_CONSTRAINT)
        fields.context = Self.field(result, PQ_FIELD_CONTEXT)
        fields.routine = Self.field(result, PQ_FIELD_ROUTINE)
        self.init(.server(SQLState(rawValue: state)), fields: fields, isConnectionLost: isLost || isFatal)
    }

    private static func field(_ result: OpaquePointer, _ code: Int) -> String? {
        PQresultErrorField(result, Int32(code)).map { String(cString: $0) }
    }

    /// libpq's messages end in a line break and, with several hosts, have one line for each.
    static func singleLine(_ message: UnsafePointer<CChar>?) -> String {
        guard let message else { return "no reason given" }
        let lines = String(cString: message).split(whereSeparator: \.isNewline)
        let text = lines.map { $0.drop(while: \.isWhitespace) }.joined(separator: "; ")
        return text.isEmpty ? "no reason given" : text
    }
}
