import NotifyCore

/// Writes a JSON body as bytes, member by member, without the reflection and the dictionaries of `JSONEncoder`. Text that
/// is JSON already, such as a payload, goes in as it is.
struct JSONWriter {
    private(set) var bytes: [UInt8] = []
    private var needsComma = false

    init() {
        // Enough for an answer about one thing.
        bytes.reserveCapacity(512)
    }

    /// One object: the body of most answers.
    static func object(_ members: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter()
        writer.object(members)
        return writer.bytes
    }

    mutating func object(_ members: (inout JSONWriter) -> Void) {
        separate()
        bytes.append(UInt8(ascii: "{"))
        needsComma = false
        members(&self)
        bytes.append(UInt8(ascii: "}"))
        needsComma = true
    }

    mutating func array<Element>(_ elements: some Sequence<Element>, _ write: (inout JSONWriter, Element) -> Void) {
        separate()
        bytes.append(UInt8(ascii: "["))
        needsComma = false
        for element in elements { write(&self, element) }
        bytes.append(UInt8(ascii: "]"))
        needsComma = true
    }

    mutating func name(_ name: String) {
        separate()
        appendQuoted(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    mutating func member(_ name: String, _ value: String?) {
        self.name(name)
        string(value)
    }

    mutating func member(_ name: String, _ value: Bool) {
        self.name(name)
        raw(value ? "true" : "false")
    }

    mutating func member(_ name: String, _ value: some BinaryInteger) {
        self.name(name)
        raw(String(value))
    }

    mutating func member(_ name: String, _ value: Int64?) {
        self.name(name)
        raw(value.map { String($0) } ?? "null")
    }

    mutating func member(_ name: String, _ value: Moment?) {
        member(name, value?.description)
    }

    mutating func string(_ value: String?) {
        guard let value else { return raw("null") }
        separate()
        appendQuoted(value)
        needsComma = true
    }

    /// Text that is JSON already.
    mutating func raw(_ json: String) {
        separate()
        bytes.append(contentsOf: json.utf8)
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
    }

    private mutating func appendQuoted(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        defer { bytes.append(UInt8(ascii: "\"")) }
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) {
            bytes.append(contentsOf: text.utf8)
            return
        }
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0..<0x20: bytes.append(contentsOf: "\\u00\(HexText.encode([byte]))".utf8)
            default: bytes.append(byte)
            }
        }
    }
}
