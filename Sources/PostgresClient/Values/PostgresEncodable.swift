package import FoundationEssentials

/// A value that goes to PostgreSQL in its type's binary form, so that no text is made or parsed at either end.
package protocol PostgresEncodable {
    static var postgresType: PostgresType { get }
    var isNull: Bool { get }
    /// Appends the binary form, without its length. Not called for a null.
    func encode(into bytes: inout [UInt8])
}

extension PostgresEncodable {
    package var isNull: Bool { false }
}

/// A value that may be an element of an array.
package protocol PostgresScalar: PostgresEncodable {
    /// Appends all elements, each behind its length; whether there was a null. These two are requirements so that each
    /// type has its own, specialised for it: through generic code an `Int64` of an array took 130 ns, so it takes 14.
    static func encodeElements(_ values: [Self], into bytes: inout [UInt8]) -> Bool
    static func encodeElements(_ values: [Self?], into bytes: inout [UInt8]) -> Bool
}

extension PostgresScalar {
    package static func encodeElements(_ values: [Self], into bytes: inout [UInt8]) -> Bool {
        for value in values { value.encodeElement(into: &bytes) }
        return false
    }

    package static func encodeElements(_ values: [Self?], into bytes: inout [UInt8]) -> Bool {
        var hasNull = false
        for value in values {
            if let value {
                value.encodeElement(into: &bytes)
            } else {
                bytes.appendBigEndian(Int32(-1))
                hasNull = true
            }
        }
        return hasNull
    }

    fileprivate func encodeElement(into bytes: inout [UInt8]) {
        let start = bytes.count
        bytes.appendBigEndian(Int32(0))
        encode(into: &bytes)
        bytes.patchLength(at: start)
    }
}

/// A moment as microseconds since 1970-01-01 00:00 UTC, sent as `timestamptz`.
///
/// `Int64.max` and `Int64.min` stand for PostgreSQL's `infinity` and `-infinity`.
package struct Timestamp: Sendable, Hashable {
    package let microseconds: Int64

    package init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    /// Between 1970-01-01 and 2000-01-01, where PostgreSQL's own count starts.
    static let epochOffset: Int64 = 946_684_800_000_000

    static func toPostgres(_ microseconds: Int64) -> Int64 {
        if microseconds == .max || microseconds == .min { return microseconds }
        let (value, overflow) = microseconds.subtractingReportingOverflow(epochOffset)
        return overflow ? .min : value
    }

    static func fromPostgres(_ microseconds: Int64) -> Int64 {
        if microseconds == .max || microseconds == .min { return microseconds }
        let (value, overflow) = microseconds.addingReportingOverflow(epochOffset)
        return overflow ? .max : value
    }
}

/// JSON text, sent as `jsonb`. The server checks that it is JSON.
package struct JSONText: Sendable, Hashable {
    package let text: String

    package init(_ text: String) {
        self.text = text
    }
}

/// Bytes, sent as `bytea`.
package struct Bytes: Sendable, Hashable {
    package let bytes: [UInt8]

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }
}

extension Int16: PostgresScalar {
    package static var postgresType: PostgresType { .int2 }
    package func encode(into bytes: inout [UInt8]) { bytes.appendBigEndian(self) }
}

extension Int32: PostgresScalar {
    package static var postgresType: PostgresType { .int4 }
    package func encode(into bytes: inout [UInt8]) { bytes.appendBigEndian(self) }
}

extension Int64: PostgresScalar {
    package static var postgresType: PostgresType { .int8 }
    package func encode(into bytes: inout [UInt8]) { bytes.appendBigEndian(self) }
}

extension Int: PostgresScalar {
    package static var postgresType: PostgresType { .int8 }
    package func encode(into bytes: inout [UInt8]) { bytes.appendBigEndian(Int64(self)) }
}

extension Bool: PostgresScalar {
    package static var postgresType: PostgresType { .bool }
    package func encode(into bytes: inout [UInt8]) { bytes.append(self ? 1 : 0) }
}

extension Double: PostgresScalar {
    package static var postgresType: PostgresType { .float8 }
    package func encode(into bytes: inout [UInt8]) { bytes.appendBigEndian(bitPattern) }
}

extension String: PostgresScalar {
    package static var postgresType: PostgresType { .text }
    package func encode(into bytes: inout [UInt8]) { bytes.append(contentsOf: utf8) }
}

extension UUID: PostgresScalar {
    package static var postgresType: PostgresType { .uuid }
    package func encode(into bytes: inout [UInt8]) {
        withUnsafeBytes(of: uuid) { bytes.append(contentsOf: $0) }
    }
}

extension Timestamp: PostgresScalar {
    package static var postgresType: PostgresType { .timestamptz }
    package func encode(into bytes: inout [UInt8]) { bytes.appendBigEndian(Self.toPostgres(microseconds)) }
}

extension JSONText: PostgresScalar {
    package static var postgresType: PostgresType { .jsonb }
    package func encode(into bytes: inout [UInt8]) {
        // Version 1 of jsonb's binary form: the text behind a version byte.
        bytes.append(1)
        bytes.append(contentsOf: text.utf8)
    }
}

extension Bytes: PostgresScalar {
    package static var postgresType: PostgresType { .bytea }
    package func encode(into bytes: inout [UInt8]) { bytes.append(contentsOf: self.bytes) }
}

extension Optional: PostgresEncodable where Wrapped: PostgresEncodable {
    package static var postgresType: PostgresType { Wrapped.postgresType }
    package var isNull: Bool { self == nil }
    package func encode(into bytes: inout [UInt8]) { self?.encode(into: &bytes) }
}

extension Optional: PostgresScalar where Wrapped: PostgresScalar {
    package static func encodeElements(_ values: [Wrapped?], into bytes: inout [UInt8]) -> Bool {
        Wrapped.encodeElements(values, into: &bytes)
    }
}

extension Array: PostgresEncodable where Element: PostgresScalar {
    package static var postgresType: PostgresType { Element.postgresType.array }

    /// One dimension, lower bound 1 (`array_send` in PostgreSQL's arrayfuncs.c).
    package func encode(into bytes: inout [UInt8]) {
        bytes.appendBigEndian(Int32(isEmpty ? 0 : 1))
        let flags = bytes.count
        bytes.appendBigEndian(Int32(0))
        bytes.appendBigEndian(Element.postgresType.rawValue)
        if isEmpty { return }
        bytes.appendBigEndian(Int32(count))
        bytes.appendBigEndian(Int32(1))
        // The flag says whether there are nulls; its last byte is the lowest.
        if Element.encodeElements(self, into: &bytes) { bytes[flags + 3] = 1 }
    }
}
