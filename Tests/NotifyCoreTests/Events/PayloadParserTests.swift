import Foundation
import NotifyCore
import Testing

@Suite("Reading a payload's JSON")
struct PayloadParserTests {
    @Test(
        "A flat object of strings is read whole",
        arguments: [
            ("{}", [:]), (" { } ", [:]), (#"{"a":"b"}"#, ["a": "b"]),
            ("\n{\t\"a\" : \"b\" ,\r\"c\":\"\"}", ["a": "b", "c": ""]), (#"{"a":"1","a":"2"}"#, ["a": "2"]),
            (#"{"a":"\"\\\/\b\f\n\r\t"}"#, ["a": "\"\\/\u{8}\u{C}\n\r\t"]),
            (#"{"\u0061":"x\u00e9\u3042y"}"#, ["a": "xéあy"]), (#"{"a":"\ud83d\uDE00!"}"#, ["a": "😀!"]),
            (#"{"名前":"مرحبا 👨‍👩‍👧"}"#, ["名前": "مرحبا 👨‍👩‍👧"]),
        ] as [(String, [String: String])])
    func read(_ json: String, _ values: [String: String]) throws {
        #expect(try PayloadParser.parse(json) == values)
    }

    @Test(
        "Anything else is refused",
        arguments: [
            ("", .notAnObject), ("null", .notAnObject), ("[]", .notAnObject), ("\"a\"", .notAnObject),
            ("{", .malformed), ("{\"a\"", .malformed), ("{\"a\":\"b\"", .malformed), ("{\"a\":\"b\",}", .malformed),
            ("{\"a\":\"b\"}x", .malformed), ("{\"a\":\"b\" \"c\":\"d\"}", .malformed), ("{a:\"b\"}", .malformed),
            ("{\"a\":\"b", .malformed), ("{\"a\":\"b\\", .malformed), (#"{"a":"\x"}"#, .malformed),
            ("{\"a\":\"\n\"}", .malformed), (#"{"a":"\u00"}"#, .malformed), (#"{"a":"\u0000"}"#, .malformed),
            (#"{"a":"\ud83d"}"#, .malformed), (#"{"a":"\ud83dx"}"#, .malformed), (#"{"a":"\ud83d\u0041"}"#, .malformed),
            (#"{"a":"\ude00"}"#, .malformed), (#"{"a":"\u12é4"}"#, .malformed),
            (#"{"a":"x","b":1}"#, .notText(field: "b")), (#"{"b":null}"#, .notText(field: "b")),
            (#"{"b":{"c":"d"}}"#, .notText(field: "b")), (#"{"b":["c"]}"#, .notText(field: "b")),
            (#"{"b":true}"#, .notText(field: "b")), (#"{"b":}"#, .notText(field: "b")),
        ] as [(String, PayloadProblem)])
    func refuse(_ json: String, _ problem: PayloadProblem) {
        #expect(throws: problem) { try PayloadParser.parse(json) }
    }

    @Test("The bound is 64 KiB of JSON")
    func bound() throws {
        let fits = "{\"a\":\"" + String(repeating: "x", count: 65_536 - 8) + "\"}"
        #expect(try PayloadParser.parse(fits)["a"]?.count == 65_528)
        #expect(throws: PayloadProblem.tooLarge) { try PayloadParser.parse(fits + " ") }
    }

    @Test("It reads what Foundation's encoder writes, for any text")
    func roundTrip() throws {
        let seed = UInt64.random(in: .min ... .max)
        var generator = SplitMix64(seed: seed)
        let encoder = JSONEncoder()
        for round in 0..<300 {
            encoder.outputFormatting = round % 2 == 0 ? [] : [.prettyPrinted, .withoutEscapingSlashes]
            var values: [String: String] = [:]
            for _ in 0..<Int.random(in: 0...6, using: &generator) {
                values[Self.text(using: &generator)] = Self.text(using: &generator)
            }
            let json = String(decoding: try encoder.encode(values), as: UTF8.self)
            #expect(try PayloadParser.parse(json) == values, "seed \(seed)")
        }
    }

    @Test("No bytes make it fail in any other way than by refusing them")
    func garbage() {
        let seed = UInt64.random(in: .min ... .max)
        var generator = SplitMix64(seed: seed)
        let pieces = [
            "{", "}", "\"", ":", ",", "\\", "\\u", "d83d", "\\ude00", "a", "0", " ", "é", "\u{0}", "[", "{\"a\":\"b\"}",
        ]
        var read = 0
        for _ in 0..<20_000 {
            let json = (0..<Int.random(in: 0...9, using: &generator))
                .map { _ in pieces.randomElement(using: &generator) ?? "" }
            do {
                // What it reads, Foundation reads the same.
                let values = try PayloadParser.parse(json.joined())
                let theirs = try JSONDecoder().decode([String: String].self, from: Data(json.joined().utf8))
                #expect(values == theirs, "seed \(seed): \(json.joined().debugDescription)")
                read += 1
            } catch is PayloadProblem {
                continue
            } catch {
                Issue.record("seed \(seed): \(error) for \(json.joined().debugDescription)")
            }
        }
        #expect(read > 0, "seed \(seed)")
    }

    private static func text(using generator: inout SplitMix64) -> String {
        let scalars: [ClosedRange<UInt32>] = [1...0x7F, 0x80...0x7FF, 0x3040...0x30FF, 0x1F600...0x1F64F]
        let text = (0..<Int.random(in: 0...12, using: &generator))
            .compactMap { _ in
                scalars.randomElement(using: &generator)
                    .flatMap { Unicode.Scalar(UInt32.random(in: $0, using: &generator)) }
            }
        return String(String.UnicodeScalarView(text))
    }
}
