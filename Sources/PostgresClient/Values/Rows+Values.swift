package import FoundationEssentials

extension Rows {
    /// An `int8`, or a narrower integer.
    package func int64(_ row: Int, _ column: Int) throws(PostgresError) -> Int64 {
        try required(optionalInt64(row, column), column)
    }

    package func optionalInt64(_ row: Int, _ column: Int) throws(PostgresError) -> Int64? {
        if isNull(row, column) { return nil }
        return switch types[column] {
        case .int8: field(row, column).bigEndian(Int64.self)
        case .int4: Int64(field(row, column).bigEndian(Int32.self))
        case .int2: Int64(field(row, column).bigEndian(Int16.self))
        default: throw unexpectedType(column, wanted: "int8")
        }
    }

    /// An `int4`, or an `int2`.
    package func int32(_ row: Int, _ column: Int) throws(PostgresError) -> Int32 {
        try required(optionalInt32(row, column), column)
    }

    package func optionalInt32(_ row: Int, _ column: Int) throws(PostgresError) -> Int32? {
        if isNull(row, column) { return nil }
        return switch types[column] {
        case .int4: field(row, column).bigEndian(Int32.self)
        case .int2: Int32(field(row, column).bigEndian(Int16.self))
        default: throw unexpectedType(column, wanted: "int4")
        }
    }

    package func int16(_ row: Int, _ column: Int) throws(PostgresError) -> Int16 {
        try required(optionalInt16(row, column), column)
    }

    package func optionalInt16(_ row: Int, _ column: Int) throws(PostgresError) -> Int16? {
        try value(row, column, .int2) { $0.bigEndian(Int16.self) }
    }

    package func bool(_ row: Int, _ column: Int) throws(PostgresError) -> Bool {
        try required(optionalBool(row, column), column)
    }

    package func optionalBool(_ row: Int, _ column: Int) throws(PostgresError) -> Bool? {
        try value(row, column, .bool) { $0[0] != 0 }
    }

    /// A `float8`, or a `float4`.
    package func double(_ row: Int, _ column: Int) throws(PostgresError) -> Double {
        try required(optionalDouble(row, column), column)
    }

    package func optionalDouble(_ row: Int, _ column: Int) throws(PostgresError) -> Double? {
        if isNull(row, column) { return nil }
        return switch types[column] {
        case .float8: Double(bitPattern: field(row, column).bigEndian(UInt64.self))
        case .float4: Double(Float(bitPattern: field(row, column).bigEndian(UInt32.self)))
        default: throw unexpectedType(column, wanted: "float8")
        }
    }

    package func uuid(_ row: Int, _ column: Int) throws(PostgresError) -> UUID {
        try required(optionalUUID(row, column), column)
    }

    package func optionalUUID(_ row: Int, _ column: Int) throws(PostgresError) -> UUID? {
        try value(row, column, .uuid) { UUID(uuid: $0.loadUnaligned(as: uuid_t.self)) }
    }

    /// A `timestamptz` as microseconds since 1970-01-01 00:00 UTC; `infinity` is `Int64.max`, `-infinity` `Int64.min`.
    package func timestamp(_ row: Int, _ column: Int) throws(PostgresError) -> Int64 {
        try required(optionalTimestamp(row, column), column)
    }

    package func optionalTimestamp(_ row: Int, _ column: Int) throws(PostgresError) -> Int64? {
        try value(row, column, .timestamptz) { Timestamp.fromPostgres($0.bigEndian(Int64.self)) }
    }

    /// A `text` or anything like it: `varchar`, `name`, `json`, `jsonb` (as JSON text), enums.
    package func string(_ row: Int, _ column: Int) throws(PostgresError) -> String {
        try required(optionalString(row, column), column)
    }

    package func optionalString(_ row: Int, _ column: Int) throws(PostgresError) -> String? {
        if isNull(row, column) { return nil }
        return String(decoding: try text(row, column), as: UTF8.self)
    }

    /// The bytes of a `text`, of anything like it, or of a `bytea`.
    package func bytes(_ row: Int, _ column: Int) throws(PostgresError) -> [UInt8] {
        try required(optionalBytes(row, column), column)
    }

    package func optionalBytes(_ row: Int, _ column: Int) throws(PostgresError) -> [UInt8]? {
        if isNull(row, column) { return nil }
        if types[column] == .bytea { return [UInt8](field(row, column)) }
        return [UInt8](try text(row, column))
    }

    private func text(_ row: Int, _ column: Int) throws(PostgresError) -> UnsafeRawBufferPointer {
        let type = types[column]
        if type.isTextual { return field(row, column) }
        // jsonb is its text behind a version byte.
        if type == .jsonb { return UnsafeRawBufferPointer(rebasing: field(row, column).dropFirst()) }
        throw unexpectedType(column, wanted: "text")
    }

    private func value<Value>(
        _ row: Int, _ column: Int, _ type: PostgresType, _ read: (UnsafeRawBufferPointer) -> Value
    ) throws(PostgresError) -> Value? {
        if isNull(row, column) { return nil }
        guard types[column] == type else { throw unexpectedType(column, wanted: "\(type)") }
        return read(field(row, column))
    }

    private func required<Value>(_ value: Value?, _ column: Int) throws(PostgresError) -> Value {
        guard let value else { throw unexpectedNull(column) }
        return value
    }
}
