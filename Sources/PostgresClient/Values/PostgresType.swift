/// The object identifier of a PostgreSQL type. Those of built-in types never change (`pg_type.dat`).
package struct PostgresType: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    package let rawValue: UInt32

    package init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    static let bool = PostgresType(rawValue: 16)
    static let bytea = PostgresType(rawValue: 17)
    static let char = PostgresType(rawValue: 18)
    static let name = PostgresType(rawValue: 19)
    static let int8 = PostgresType(rawValue: 20)
    static let int2 = PostgresType(rawValue: 21)
    static let int4 = PostgresType(rawValue: 23)
    static let text = PostgresType(rawValue: 25)
    static let json = PostgresType(rawValue: 114)
    static let xml = PostgresType(rawValue: 142)
    static let float4 = PostgresType(rawValue: 700)
    static let float8 = PostgresType(rawValue: 701)
    static let unknown = PostgresType(rawValue: 705)
    static let bpchar = PostgresType(rawValue: 1042)
    static let varchar = PostgresType(rawValue: 1043)
    static let timestamp = PostgresType(rawValue: 1114)
    static let timestamptz = PostgresType(rawValue: 1184)
    static let uuid = PostgresType(rawValue: 2950)
    static let jsonb = PostgresType(rawValue: 3802)

    private static let names: [PostgresType: String] = [
        .bool: "bool", .bytea: "bytea", .char: "\"char\"", .name: "name", .int8: "int8", .int2: "int2", .int4: "int4",
        .text: "text", .json: "json", .xml: "xml", .float4: "float4", .float8: "float8", .unknown: "unknown",
        .bpchar: "char", .varchar: "varchar", .timestamp: "timestamp", .timestamptz: "timestamptz", .uuid: "uuid",
        .jsonb: "jsonb",
    ]

    private static let arrays: [PostgresType: PostgresType] = [
        .bool: PostgresType(rawValue: 1000), .bytea: PostgresType(rawValue: 1001), .int2: PostgresType(rawValue: 1005),
        .int4: PostgresType(rawValue: 1007), .text: PostgresType(rawValue: 1009), .int8: PostgresType(rawValue: 1016),
        .float8: PostgresType(rawValue: 1022), .timestamptz: PostgresType(rawValue: 1185),
        .uuid: PostgresType(rawValue: 2951), .jsonb: PostgresType(rawValue: 3807),
    ]

    /// The type of an array of this one.
    var array: PostgresType {
        guard let array = Self.arrays[self] else { preconditionFailure("\(self) has no array type here") }
        return array
    }

    /// Whether the binary form is the text itself. Types made by users count: an enum's and citext's are, and what is
    /// not text fails in the check for UTF-8 more often than not.
    var isTextual: Bool {
        switch self {
        case .text, .varchar, .bpchar, .name, .json, .xml, .unknown, .char: true
        default: rawValue >= 16384
        }
    }

    package var description: String {
        if let name = Self.names[self] { return name }
        if let element = Self.arrays.first(where: { $0.value == self })?.key { return "\(element)[]" }
        return "type \(rawValue)"
    }
}
