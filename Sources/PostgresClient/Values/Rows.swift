internal import CLibPQ

/// The rows that a statement gave, in binary form, as they lie in libpq's memory until this is released.
///
/// Values are read by row and column number. A value of another type than the one asked for, and a null where none is
/// expected, are `decoding` errors that name the column; numbers out of range are programmer errors and trap.
package final class Rows {
    private let result: OpaquePointer
    /// The number of rows.
    package let count: Int
    /// The type of each column.
    let types: [PostgresType]

    /// Takes over a result, failed ones included.
    init(_ result: OpaquePointer?, connection: OpaquePointer) throws(PostgresError) {
        guard let result else { throw PostgresError(result: nil, connection: connection) }
        switch PQresultStatus(result) {
        case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
            self.result = result
            self.count = Int(PQntuples(result))
            self.types = (0..<PQnfields(result)).map { PostgresType(rawValue: PQftype(result, $0)) }
        case PGRES_PIPELINE_ABORTED:
            PQclear(result)
            throw PostgresError(.usage, "not run, because a statement before it in the pipeline failed")
        case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
            PQclear(result)
            throw PostgresError(.usage, "COPY is not supported here")
        default:
            defer { PQclear(result) }
            throw PostgresError(result: result, connection: connection)
        }
    }

    deinit {
        PQclear(result)
    }

    package var isEmpty: Bool { count == 0 }

    /// The server's word on what it did, such as `INSERT 0 3`.
    package var commandTag: String { String(cString: PQcmdStatus(result)) }

    /// How many rows the statement inserted, changed, deleted or gave.
    package var affectedCount: Int { Int(String(cString: PQcmdTuples(result))) ?? 0 }

    func name(of column: Int) -> String {
        PQfname(result, Int32(column)).map { String(cString: $0) } ?? ""
    }

    package func isNull(_ row: Int, _ column: Int) -> Bool {
        precondition(row >= 0 && row < count && column >= 0 && column < types.count, "no such row or column")
        return PQgetisnull(result, Int32(row), Int32(column)) == 1
    }

    /// The bytes of a value, valid while `self` is.
    func field(_ row: Int, _ column: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(
            start: PQgetvalue(result, Int32(row), Int32(column)),
            count: Int(PQgetlength(result, Int32(row), Int32(column)))
        )
    }

    func unexpectedNull(_ column: Int) -> PostgresError {
        PostgresError(.decoding, "column \(name(of: column)) is null where a value is expected")
    }

    func unexpectedType(_ column: Int, wanted: String) -> PostgresError {
        PostgresError(.decoding, "column \(name(of: column)) is \(types[column]), not \(wanted)")
    }
}
