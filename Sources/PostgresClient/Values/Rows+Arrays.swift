extension Rows {
    /// An `int8[]` without nulls in it.
    package func int64Array(_ row: Int, _ column: Int) throws(PostgresError) -> [Int64] {
        try elements(row, column, .int8) { $0.bigEndian(Int64.self) }
    }

    /// A `text[]` without nulls in it.
    package func stringArray(_ row: Int, _ column: Int) throws(PostgresError) -> [String] {
        try elements(row, column, .text) { String(decoding: $0, as: UTF8.self) }
    }

    /// Dimensions, whether there are nulls, type; then length and lower bound of each dimension; then the elements, each
    /// behind its length, -1 for null (`array_send` in PostgreSQL's arrayfuncs.c).
    private func elements<Value>(
        _ row: Int, _ column: Int, _ type: PostgresType, _ read: (UnsafeRawBufferPointer) -> Value
    ) throws(PostgresError) -> [Value] {
        guard !isNull(row, column) else { throw unexpectedNull(column) }
        guard types[column] == type.array else { throw unexpectedType(column, wanted: "\(type.array)") }
        let bytes = field(row, column)
        let dimensions = bytes.bigEndian(Int32.self)
        if dimensions == 0 { return [] }
        guard dimensions == 1 else {
            throw PostgresError(.decoding, "column \(name(of: column)) has \(dimensions) dimensions, not 1")
        }
        let count = Int(bytes.bigEndian(Int32.self, at: 12))
        var values: [Value] = []
        values.reserveCapacity(count)
        var offset = 20
        for _ in 0..<count {
            let length = Int(bytes.bigEndian(Int32.self, at: offset))
            offset += 4
            guard length >= 0 else {
                throw PostgresError(.decoding, "column \(name(of: column)) has a null in its array")
            }
            values.append(read(UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + length])))
            offset += length
        }
        return values
    }
}
