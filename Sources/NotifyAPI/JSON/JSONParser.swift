/// Reads JSON strictly, as I-JSON (RFC 7493) has it: UTF-8, no name twice in an object, no half of a surrogate pair; and
/// no NUL, which PostgreSQL cannot store.
///
/// `JSONDecoder` and `JSONSerialization` take the last of two equal names without a word, and a request that two
/// programs read differently is a way around checks. Linear in the text; its depth is bounded, so is its stack.
struct JSONParser {
    /// Deeper than any request goes, far from the end of a thread's stack.
    static let maximumDepth = 16

    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0
    private var path = JSONPath()
    private var depth = 0

    private init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
    }

    static func parse(_ bytes: [UInt8]) throws(JSONFault) -> JSONValue {
        let result = bytes.withUnsafeBufferPointer { buffer -> Result<JSONValue, JSONFault> in
            Result { () throws(JSONFault) in
                var parser = JSONParser(buffer)
                return try parser.document()
            }
        }
        return try result.get()
    }

    private mutating func document() throws(JSONFault) -> JSONValue {
        let value = try value()
        skipSpace()
        guard position == bytes.count else { throw fault("goes on after its end") }
        return value
    }

    private mutating func value() throws(JSONFault) -> JSONValue {
        skipSpace()
        guard position < bytes.count else { throw fault("ends too early") }
        switch bytes[position] {
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try number())
        default: throw fault("is not JSON")
        }
    }

    private mutating func object() throws(JSONFault) -> JSONValue {
        let start = position
        try enter()
        defer { depth -= 1 }
        var members: [JSONMember] = []
        // As octets: strings that Unicode holds to be equivalent are different names (RFC 8259 §8.3).
        var names = Set<[UInt8]>()
        if take(UInt8(ascii: "}")) { return .object(members, start..<position) }
        repeat {
            skipSpace()
            guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
                throw fault("is not JSON: a name in quotes is wanted")
            }
            let name = try string()
            let outer = path
            path.append(member: JSONPath.shortened(name))
            guard names.insert(Array(name.utf8)).inserted else { throw fault("is there twice") }
            guard take(UInt8(ascii: ":")) else { throw fault("is not JSON: “:” is wanted") }
            members.append(JSONMember(name: name, value: try value()))
            path = outer
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "}")) else { throw fault("is not JSON: “,” or “}” is wanted") }
        return .object(members, start..<position)
    }

    private mutating func array() throws(JSONFault) -> JSONValue {
        let start = position
        try enter()
        defer { depth -= 1 }
        var elements: [JSONValue] = []
        if take(UInt8(ascii: "]")) { return .array(elements, start..<position) }
        repeat {
            let outer = path
            path.append(index: elements.count)
            elements.append(try value())
            path = outer
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "]")) else { throw fault("is not JSON: “,” or “]” is wanted") }
        return .array(elements, start..<position)
    }

    /// Consumes the opening bracket.
    private mutating func enter() throws(JSONFault) {
        guard depth < Self.maximumDepth else { throw fault("is nested deeper than \(Self.maximumDepth)") }
        depth += 1
        position += 1
    }

    private mutating func literal(_ text: StaticString, _ value: JSONValue) throws(JSONFault) -> JSONValue {
        for index in 0..<text.utf8CodeUnitCount {
            guard position < bytes.count, bytes[position] == text.utf8Start[index] else { throw fault("is not JSON") }
            position += 1
        }
        return value
    }

    /// RFC 8259 §6.
    private mutating func number() throws(JSONFault) -> String {
        let start = position
        if bytes[position] == UInt8(ascii: "-") { position += 1 }
        let first = position
        let digits = skipDigits()
        guard digits > 0, digits == 1 || bytes[first] != UInt8(ascii: "0") else { throw fault("is not a JSON number") }
        if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
            position += 1
            guard skipDigits() > 0 else { throw fault("is not a JSON number") }
        }
        if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
            position += 1
            if position < bytes.count, bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-") {
                position += 1
            }
            guard skipDigits() > 0 else { throw fault("is not a JSON number") }
        }
        let number = text(start..<position)
        guard Self.isWithinRange(number) else { throw fault("is a number out of range") }
        return number
    }

    /// Whether a number is within the magnitude of a double (RFC 7493 §2.2) and short: `1e999999` and its inverse are
    /// JSON, and PostgreSQL has no number for them.
    private static func isWithinRange(_ number: String) -> Bool {
        guard number.utf8.count <= 100, let value = Double(number), value.isFinite else { return false }
        return value != 0 || !number.prefix { $0 != "e" && $0 != "E" }.contains { ("1"..."9").contains($0) }
    }

    private mutating func skipDigits() -> Int {
        let start = position
        while position < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position]) {
            position += 1
        }
        return position - start
    }

    private mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    /// Whether this is the next octet that is no white space; consumed if so.
    private mutating func take(_ byte: UInt8) -> Bool {
        skipSpace()
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private func text(_ range: Range<Int>) -> String {
        String(decoding: bytes[range], as: UTF8.self)
    }

    private func checked(_ text: String?) throws(JSONFault) -> String {
        guard let text else { throw fault("is not UTF-8") }
        return text
    }

    private func fault(_ reason: String) -> JSONFault {
        JSONFault(reason: reason, offset: position, path: path)
    }
}

extension JSONParser {
    /// From the opening quote to behind the closing one.
    private mutating func string() throws(JSONFault) -> String {
        position += 1
        let start = position
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                position += 1
                return try checked(String(validating: bytes[start..<position - 1], as: UTF8.self))
            case UInt8(ascii: "\\"): return try escapedString(from: start)
            case 0..<0x20: throw fault("holds a control character that is not escaped")
            default: position += 1
            }
        }
        throw fault("ends within a string")
    }

    private mutating func escapedString(from start: Int) throws(JSONFault) -> String {
        var result = Array(bytes[start..<position])
        while position < bytes.count {
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                return try checked(String(validating: result, as: UTF8.self))
            case UInt8(ascii: "\\"): try appendEscape(to: &result)
            case 0..<0x20: throw fault("holds a control character that is not escaped")
            default:
                result.append(byte)
                position += 1
            }
        }
        throw fault("ends within a string")
    }

    private mutating func appendEscape(to result: inout [UInt8]) throws(JSONFault) {
        guard position + 1 < bytes.count else { throw fault("ends within a string") }
        let escape = bytes[position + 1]
        switch escape {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): result.append(escape)
        case UInt8(ascii: "b"): result.append(0x08)
        case UInt8(ascii: "f"): result.append(0x0C)
        case UInt8(ascii: "n"): result.append(0x0A)
        case UInt8(ascii: "r"): result.append(0x0D)
        case UInt8(ascii: "t"): result.append(0x09)
        case UInt8(ascii: "u"):
            let scalar = try escapedScalar()
            result.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            return
        default: throw fault("holds an escape that JSON does not have")
        }
        position += 2
    }

    /// `\uXXXX`, or a surrogate pair of them.
    private mutating func escapedScalar() throws(JSONFault) -> Unicode.Scalar {
        let unit = try hexUnit()
        guard unit != 0 else { throw fault("holds NUL, which cannot be stored") }
        if let scalar = Unicode.Scalar(unit) { return scalar }
        guard UTF16.isLeadSurrogate(unit), position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
            bytes[position + 1] == UInt8(ascii: "u")
        else { throw fault("holds half of a surrogate pair") }
        let trail = try hexUnit()
        guard UTF16.isTrailSurrogate(trail) else { throw fault("holds half of a surrogate pair") }
        return UTF16.decode(UTF16.EncodedScalar([unit, trail]))
    }

    /// The four digits behind `\u`, with it.
    private mutating func hexUnit() throws(JSONFault) -> UInt16 {
        guard position + 6 <= bytes.count else { throw fault("ends within a string") }
        var unit: UInt16 = 0
        for byte in bytes[position + 2..<position + 6] {
            guard byte < 0x80, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw fault("holds an escape that JSON does not have")
            }
            unit = unit << 4 | UInt16(digit)
        }
        position += 6
        return unit
    }
}
