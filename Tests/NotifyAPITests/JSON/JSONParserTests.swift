import Testing

@testable import NotifyAPI

@Suite("The JSON parser")
struct JSONParserTests {
    /// A value as canonical text, for comparison.
    private func text(_ value: JSONValue) -> String {
        switch value {
        case .null: "null"
        case .bool(let flag): "\(flag)"
        case .number(let number): number
        case .string(let string): "“\(string)”"
        case .array(let elements, _): "[\(elements.map(text).joined(separator: " "))]"
        case .object(let members, _): "{\(members.map { "\($0.name)=\(text($0.value))" }.joined(separator: " "))}"
        }
    }

    static let wellFormed: [(json: String, value: String)] = [
        ("null", "null"), (" true ", "true"), ("\t\r\n false\n", "false"), ("0", "0"), ("-0", "-0"),
        ("1.50e+3", "1.50e+3"),
        ("-12E-2", "-12E-2"), ("\"\"", "“”"), (#""a\"\\\/\b\f\n\r\tz""#, "“a\"\\/\u{8}\u{c}\n\r\tz”"),
        (#""\u00e9\uD83D\uDE00\u20ac""#, "“é😀€”"), ("\"é😀\u{7F}\u{2028}\"", "“é😀\u{7F}\u{2028}”"),
        ("[]", "[]"), ("[ ]", "[]"), ("[1,[2],{}]", "[1 [2] {}]"), ("{}", "{}"),
        ("{ \"a\" : 1 , \"b\":{\"a\":null}}", "{a=1 b={a=null}}"),
        (#"{"A":1,"a":2}"#, "{A=1 a=2}"), (#"{"e\u0301":1,"\u00e9":2}"#, "{é=1 é=2}"), (#"{"":0}"#, "{=0}"),
        ("1e308", "1e308"),
        ("0e999999999999", "0e999999999999"),
        ("-0.0000e-99999", "-0.0000e-99999"),
        (
            String(repeating: "[", count: 16) + String(repeating: "]", count: 16),
            String(repeating: "[", count: 16) + String(repeating: "]", count: 16)
        ),
    ]

    @Test("What is JSON is read as it was written", arguments: wellFormed.indices)
    func good(index: Int) throws {
        let example = Self.wellFormed[index]
        #expect(try text(JSONParser.parse(Array(example.json.utf8))) == example.value)
    }

    static let unfit: [(json: String, reason: String)] = [
        ("", "ends too early"), ("  ", "ends too early"), ("\u{FEFF}{}", "is not JSON"), ("tru", "is not JSON"),
        ("True", "is not JSON"), ("nul", "is not JSON"), ("nan", "is not JSON"), ("undefined", "is not JSON"),
        ("'a'", "is not JSON"), ("// c\n1", "is not JSON"), ("\u{A0}1", "is not JSON"),
        ("01", "is not a JSON number"), ("-", "is not a JSON number"), ("1.", "is not a JSON number"),
        (".5", "is not JSON"), ("+1", "is not JSON"), ("1e", "is not a JSON number"), ("1e+", "is not a JSON number"),
        ("-01", "is not a JSON number"), ("0x1", "goes on after its end"), ("-Infinity", "is not a JSON number"),
        ("1e999", "is a number out of range"), ("-1e999999999999", "is a number out of range"),
        ("1e-400", "is a number out of range"), (String(repeating: "9", count: 101), "is a number out of range"),
        ("{} {}", "goes on after its end"), ("{}x", "goes on after its end"), ("1 2", "goes on after its end"),
        ("[]]", "goes on after its end"), ("\"a\"\u{0}", "goes on after its end"),
        ("[1,]", "is not JSON"), ("[,1]", "is not JSON"), ("[1 2]", "is not JSON: “,” or “]” is wanted"),
        ("[", "ends too early"),
        ("{\"a\":1,}", "is not JSON: a name in quotes is wanted"), ("{a:1}", "is not JSON: a name in quotes is wanted"),
        ("{1:1}", "is not JSON: a name in quotes is wanted"), ("{\"a\" 1}", "is not JSON: “:” is wanted"),
        ("{\"a\":}", "is not JSON"), ("{\"a\":1", "is not JSON: “,” or “}” is wanted"),
        ("{\"a\":1]", "is not JSON: “,” or “}” is wanted"),
        (#"{"a":1,"a":1}"#, "is there twice"), (#"{"a":1,"\u0061":2}"#, "is there twice"),
        (#"{"x":[{"\u00e9":1,"\u00E9":2}]}"#, "is there twice"),
        ("\"a", "ends within a string"), ("\"a\\", "ends within a string"), ("\"\\u12", "ends within a string"),
        ("\"a\nb\"", "holds a control character that is not escaped"),
        ("\"\u{0}\"", "holds a control character that is not escaped"),
        ("\"\\n\u{1F}\"", "holds a control character that is not escaped"),
        (#""\x41""#, "holds an escape that JSON does not have"),
        (#""\u12G4""#, "holds an escape that JSON does not have"),
        (#""\U0041""#, "holds an escape that JSON does not have"),
        ("\"\\u００４１\"", "holds an escape that JSON does not have"),
        (#""\u0000""#, "holds NUL, which cannot be stored"), (#"{"\u0000":1}"#, "holds NUL, which cannot be stored"),
        (#""\ud800""#, "holds half of a surrogate pair"), (#""\ud83dx""#, "holds half of a surrogate pair"),
        (#""\ud83d\n""#, "holds half of a surrogate pair"), (#""\ude00\ud83d""#, "holds half of a surrogate pair"),
        (#""\ud83d\ud83d""#, "holds half of a surrogate pair"), (#""\ud83d\u0041""#, "holds half of a surrogate pair"),
        (String(repeating: "[", count: 17) + String(repeating: "]", count: 17), "is nested deeper than 16"),
        (String(repeating: "[", count: 1_048_576), "is nested deeper than 16"),
        (String(repeating: #"{"a":"#, count: 200_000), "is nested deeper than 16"),
    ]

    @Test(
        "What is not JSON, or what two programs could read differently, is refused with the reason",
        arguments: unfit.indices)
    func bad(index: Int) {
        let example = Self.unfit[index]
        let fault = #expect(throws: JSONFault.self) { try JSONParser.parse(Array(example.json.utf8)) }
        #expect(fault?.reason == example.reason)
        #expect(fault.map { (0...example.json.utf8.count).contains($0.offset) } == true)
    }

    @Test(
        "Octets that are not UTF-8 are refused, wherever they are",
        arguments: [
            [0xFF], [0x22, 0xC3, 0x22], [0x22, 0xC0, 0xAF, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
            [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], [0x22, 0x5C, 0x6E, 0xFF, 0x22], [0x7B, 0x00, 0x7D, 0x00],
            [0x31, 0x20, 0x80],
        ] as [[UInt8]])
    func notUTF8(bytes: [UInt8]) {
        let fault = #expect(throws: JSONFault.self) { try JSONParser.parse(bytes) }
        #expect(bytes.first != 0x22 || fault?.reason == "is not UTF-8")
    }

    @Test("A text that is not UTF-8 is found where it is")
    func notUTF8Path() {
        let fault = #expect(throws: JSONFault.self) {
            try JSONParser.parse(Array(#"{"events":[1,{"payload":{"subject":"a"#.utf8) + [0xFF] + Array(#""}}]}"#.utf8))
        }
        #expect(fault?.path.field == "payload.subject" || fault?.path.field == "events[1].payload.subject")
        #expect(fault?.path.index == 1)
        #expect(fault?.offset == 39)
    }

    @Test("A fault says in which field it is, and in which element of the outermost array")
    func places() {
        let fault = #expect(throws: JSONFault.self) {
            try JSONParser.parse(Array(#"{"events":[{},{"payload":{"tags":[1,"\ud800"]}}]}"#.utf8))
        }
        #expect(fault?.path.field == "events[1].payload.tags[1]")
        #expect(fault?.path.index == 1)
    }

    @Test("The places of objects and arrays in the text are exact")
    func ranges() throws {
        let text = #" {"a": [1, {"b":"}"}] } "#
        guard case .object(let members, let range) = try JSONParser.parse(Array(text.utf8)),
            case .array(let elements, let arrayRange) = members[0].value, case .object(_, let inner) = elements[1]
        else { return #expect(Bool(false), "not the shape that was sent") }
        let bytes = Array(text.utf8)
        #expect(String(decoding: bytes[range], as: UTF8.self) == #"{"a": [1, {"b":"}"}] }"#)
        #expect(String(decoding: bytes[arrayRange], as: UTF8.self) == #"[1, {"b":"}"}]"#)
        #expect(String(decoding: bytes[inner], as: UTF8.self) == #"{"b":"}"}"#)
    }

    @Test("Cutting or changing any octet of a document never does worse than a fault")
    func mutations() {
        let document = Array(
            #"{"events":[{"kind":"a\u00e9\ud83d\ude00","n":-1.5e3,"x":[true,false,null,{"é":"\\"}]}]}"#.utf8)
        var random = SystemRandomNumberGenerator()
        var accepted = 0
        for position in document.indices {
            for byte in [0, 0x22, 0x5C, 0x7B, 0x5D, 0x80, 0xFF, UInt8.random(in: .min ... .max, using: &random)]
                as [UInt8]
            {
                var changed = document
                changed[position] = byte
                if (try? JSONParser.parse(changed)) != nil { accepted += 1 }
            }
            #expect(throws: JSONFault.self) { try JSONParser.parse(Array(document[..<position])) }
        }
        #expect(accepted < document.count * 8)
    }
}
