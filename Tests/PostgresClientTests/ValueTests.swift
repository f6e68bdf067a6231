import Foundation
import PostgresClient
import TestSupport
import Testing

/// Values are compared with the text that the server makes of them, so an error that is the same in both directions
/// shows too.
@Suite("Values")
struct ValueTests {
    struct Sample: Sendable, CustomTestStringConvertible {
        let type: String
        let value: any PostgresEncodable & Sendable
        let text: String?
        var testDescription: String { "\(type) \(text?.prefix(40) ?? "null")" }
    }

    static let samples: [Sample] = [
        Sample(type: "int2", value: Int16.min, text: "-32768"),
        Sample(type: "int4", value: Int32.min, text: "-2147483648"),
        Sample(type: "int8", value: Int64.max, text: "9223372036854775807"),
        Sample(type: "int8", value: -7, text: "-7"),
        Sample(type: "int8", value: Int64?.none, text: nil),
        Sample(type: "bool", value: true, text: "true"),
        Sample(type: "bool", value: false, text: "false"),
        Sample(type: "float8", value: -1.5e300, text: "-1.5e+300"),
        Sample(type: "float8", value: Double.infinity, text: "Infinity"),
        Sample(type: "float8", value: Double.nan, text: "NaN"),
        Sample(type: "text", value: "", text: ""),
        Sample(type: "text", value: "naïve 日本語 👩‍👩‍👧 \u{202E}x", text: "naïve 日本語 👩‍👩‍👧 \u{202E}x"),
        Sample(
            type: "text", value: String(repeating: "x", count: 200_000), text: String(repeating: "x", count: 200_000)),
        Sample(type: "text", value: String?.none, text: nil),
        Sample(type: "bytea", value: Bytes([]), text: #"\x"#),
        Sample(type: "bytea", value: Bytes([0, 1, 254, 255]), text: #"\x0001feff"#),
        Sample(
            type: "uuid", value: UUID(uuid: (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 255)),
            text: "01020304-0506-0708-090a-0b0c0d0e0fff"),
        Sample(type: "timestamptz", value: Timestamp(microseconds: 0), text: "1970-01-01 00:00:00+00"),
        Sample(type: "timestamptz", value: Timestamp(microseconds: -1), text: "1969-12-31 23:59:59.999999+00"),
        Sample(
            type: "timestamptz", value: Timestamp(microseconds: 1_767_225_600_123_456),
            text: "2026-01-01 00:00:00.123456+00"),
        Sample(type: "timestamptz", value: Timestamp(microseconds: .max), text: "infinity"),
        Sample(type: "timestamptz", value: Timestamp(microseconds: .min), text: "-infinity"),
        Sample(type: "jsonb", value: JSONText(#"{"a":"ü"}"#), text: #"{"a": "ü"}"#),
        Sample(type: "int2[]", value: [1, nil, -3] as [Int16?], text: "{1,NULL,-3}"),
        Sample(type: "int4[]", value: [1, nil, -3] as [Int32?], text: "{1,NULL,-3}"),
        Sample(type: "int8[]", value: [nil, .max] as [Int64?], text: "{NULL,9223372036854775807}"),
        Sample(type: "int8[]", value: [Int64](), text: "{}"),
        Sample(type: "int8[]", value: [Int64]?.none, text: nil),
        Sample(type: "bool[]", value: [true, nil, false] as [Bool?], text: "{t,NULL,f}"),
        Sample(type: "float8[]", value: [0.5, nil] as [Double?], text: "{0.5,NULL}"),
        Sample(
            type: "text[]", value: ["", nil, "NULL", "a,b", "\"", "é"] as [String?],
            text: #"{"",NULL,"NULL","a,b","\"",é}"#),
        Sample(type: "bytea[]", value: [Bytes([255]), nil] as [Bytes?], text: #"{"\\xff",NULL}"#),
        Sample(
            type: "uuid[]", value: [UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)), nil] as [UUID?],
            text: "{00000000-0000-0000-0000-000000000001,NULL}"),
        Sample(
            type: "timestamptz[]", value: [Timestamp(microseconds: 0), nil] as [Timestamp?],
            text: #"{"1970-01-01 00:00:00+00",NULL}"#),
        Sample(type: "jsonb[]", value: [JSONText("1"), nil] as [JSONText?], text: "{1,NULL}"),
    ]

    @Test("Parameters arrive with their type and value, with and without preparation")
    func parametersArrive() async throws {
        try await withTestDatabase { database in
            for usesPreparedStatements in [true, false] {
                var options = ConnectionOptions()
                options.usesPreparedStatements = usesPreparedStatements
                try await database.withConnection(options: options) { connection in
                    for (index, sample) in Self.samples.enumerated() {
                        // No cast of the parameter itself: its type must be the one that was sent.
                        let statement = Statement(name: "v\(index)", sql: "select pg_typeof($1)::text, $1::text")
                        let rows = try connection.run(statement, [sample.value])
                        let type = sample.type
                            .replacing("int2", with: "smallint").replacing("int4", with: "integer")
                            .replacing("int8", with: "bigint").replacing("bool", with: "boolean")
                            .replacing("float8", with: "double precision")
                            .replacing("timestamptz", with: "timestamp with time zone")
                        try #expect(rows.string(0, 0) == type)
                        try #expect(rows.optionalString(0, 1) == sample.text)
                    }
                }
            }
        }
    }

    @Test("Results are read in each type, and null as nil")
    func results() async throws {
        try await withTestDatabase { database in
            try await database.withConnection { connection in
                let rows = try connection.run(
                    Statement(
                        """
                        select 1::int2, -2::int4, 3::int8, true, 0.5::float8, 0.25::float4, 'ü'::text, 'v'::varchar(9), 'n'::name,
                               '{"a": 1}'::jsonb, '[1]'::json, '\\x00ff'::bytea, '01020304-0506-0708-090a-0b0c0d0e0fff'::uuid,
                               '2026-01-01 00:00:00.123456+00'::timestamptz, 'infinity'::timestamptz
                        """))
                #expect(rows.count == 1)
                try #expect(rows.int16(0, 0) == 1)
                try #expect(rows.int32(0, 0) == 1)
                try #expect(rows.int64(0, 0) == 1)
                try #expect(rows.int32(0, 1) == -2)
                try #expect(rows.int64(0, 1) == -2)
                try #expect(rows.int64(0, 2) == 3)
                try #expect(rows.bool(0, 3))
                try #expect(rows.double(0, 4) == 0.5)
                try #expect(rows.double(0, 5) == 0.25)
                try #expect((6...10).map { try rows.string(0, $0) } == ["ü", "v", "n", #"{"a": 1}"#, "[1]"])
                try #expect(rows.bytes(0, 11) == [0, 255])
                try #expect(rows.bytes(0, 6) == Array("ü".utf8))
                try #expect(rows.uuid(0, 12) == UUID(uuid: (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 255)))
                try #expect(rows.timestamp(0, 13) == 1_767_225_600_123_456)
                try #expect(rows.timestamp(0, 14) == .max)
                let nulls = try connection.run(
                    Statement(
                        "select null::int8, null::int4, null::int2, null::bool, null::float8, null::text, null::uuid, null::timestamptz, null::bytea"
                    ))
                try #expect(
                    nulls.optionalInt64(0, 0) == nil && nulls.optionalInt32(0, 1) == nil
                        && nulls.optionalInt16(0, 2) == nil)
                try #expect(
                    nulls.optionalBool(0, 3) == nil && nulls.optionalDouble(0, 4) == nil
                        && nulls.optionalString(0, 5) == nil)
                try #expect(
                    nulls.optionalUUID(0, 6) == nil && nulls.optionalTimestamp(0, 7) == nil
                        && nulls.optionalBytes(0, 8) == nil)
            }
        }
    }

    @Test("An enum, a domain and a counted command are read as what they are")
    func userTypes() async throws {
        try await withTestDatabase { database in
            try await database.withConnection { connection in
                try connection.execute(
                    "create type colour as enum ('red'); create domain short as text; create table t (a int)")
                let rows = try connection.run(Statement("select 'red'::colour, 'x'::short"))
                try #expect(rows.string(0, 0) == "red")
                try #expect(rows.string(0, 1) == "x")
                let inserted = try connection.run(Statement("insert into t select generate_series(1, 3)"))
                #expect(inserted.affectedCount == 3)
                #expect(inserted.isEmpty)
                #expect(inserted.commandTag == "INSERT 0 3")
            }
        }
    }

    @Test("Reading the wrong type or an unexpected null is an error that names the column")
    func wrongReads() async throws {
        try await withTestDatabase { database in
            try await database.withConnection { connection in
                let rows = try connection.run(
                    Statement("select 'x' as word, null::int8 as nothing, array[1, null]::int8[] as list"))
                let reads: [(String, () throws -> Void)] = [
                    ("column word is text, not int8", { _ = try rows.int64(0, 0) }),
                    ("column word is text, not uuid", { _ = try rows.optionalUUID(0, 0) }),
                    ("column nothing is null", { _ = try rows.int64(0, 1) }),
                    (
                        "column nothing is int8, not text",
                        { _ = try connection.run(Statement("select 1::int8 as nothing")).string(0, 0) }
                    ),
                    ("column list has a null", { _ = try rows.int64Array(0, 2) }),
                    ("column list is int8[], not text[]", { _ = try rows.stringArray(0, 2) }),
                    ("column word is text, not int8[]", { _ = try rows.int64Array(0, 0) }),
                ]
                for (message, read) in reads {
                    let error = #expect(throws: PostgresError.self) { try read() }
                    #expect(error?.code == .decoding)
                    #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
                }
            }
        }
    }

    @Test("Random arrays come back as they went, whatever is in them")
    func randomArrays() async throws {
        let seed = UInt64.random(in: .min ... .max)
        try await withTestDatabase { database in
            try await database.withConnection { connection in
                var random = SeededGenerator(seed: seed)
                let echo = Statement(name: "echo", sql: "select unnest($1), unnest($2), unnest($3)")
                let whole = Statement(name: "whole", sql: "select $1, $2")
                for _ in 0..<200 {
                    let count = Int.random(in: 0...40, using: &random)
                    let integers = (0..<count)
                        .map { _ in Bool.random(using: &random) ? Int64(truncatingIfNeeded: random.next()) : nil }
                    let texts = (0..<count).map { _ in Bool.random(using: &random) ? random.text(upTo: 30) : nil }
                    let ids = (0..<count).map { _ in random.uuid() }
                    let rows = try connection.run(echo, [integers, texts, ids])
                    try #expect((0..<count).map { try rows.optionalInt64($0, 0) } == integers, "seed \(seed)")
                    try #expect((0..<count).map { try rows.optionalString($0, 1) } == texts, "seed \(seed)")
                    try #expect((0..<count).map { try rows.uuid($0, 2) } == ids, "seed \(seed)")
                    let (wholeIntegers, wholeTexts) = (integers.compactMap(\.self), texts.compactMap(\.self))
                    let arrays = try connection.run(whole, [wholeIntegers, wholeTexts])
                    try #expect(arrays.int64Array(0, 0) == wholeIntegers, "seed \(seed)")
                    try #expect(arrays.stringArray(0, 1) == wholeTexts, "seed \(seed)")
                }
            }
        }
    }
}

/// SplitMix64: the same seed, the same values, on every machine.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }

    /// Any Unicode scalars but NUL, which PostgreSQL does not take.
    mutating func text(upTo length: Int) -> String {
        var text = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0...length, using: &self) {
            let limit: UInt32 = Bool.random(using: &self) ? 0x7f : 0x10ffff
            if let scalar = Unicode.Scalar(UInt32.random(in: 1...limit, using: &self)) { text.append(scalar) }
        }
        return String(text)
    }

    mutating func uuid() -> UUID {
        let halves = (next(), next())
        return withUnsafeBytes(of: halves) { UUID(uuid: $0.load(as: uuid_t.self)) }
    }
}
