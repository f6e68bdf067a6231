/// Appends header fields and parts to one array, and knows the column that the current header line is at.
///
/// Lines are folded to 78 octets where there is a space to fold at (RFC 5322 §2.1.1). A value's first word is never
/// folded away from its field name: some parsers take a first line without text for an empty field.
struct MessageWriter {
    private(set) var bytes: [UInt8] = []
    private(set) var column = 0

    static let preferredLineOctets = 78
    /// Without CR LF.
    static let maximumLineOctets = 998

    init(reservingCapacity capacity: Int) {
        bytes.reserveCapacity(capacity)
    }

    // MARK: Plain pieces

    mutating func append(_ literal: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
        column += literal.utf8CodeUnitCount
    }

    mutating func append(_ text: String) {
        append(text.utf8Span.span)
    }

    mutating func append(_ octets: Span<UInt8>) {
        octets.withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
        column += octets.count
    }

    mutating func append(octet: UInt8) {
        bytes.append(octet)
        column += 1
    }

    /// Appends what `body` does, on the current line.
    mutating func append(_ body: (inout [UInt8]) -> Void) {
        let before = bytes.count
        body(&bytes)
        column += bytes.count - before
    }

    mutating func endLine() {
        bytes.append(0x0D)
        bytes.append(0x0A)
        column = 0
    }

    mutating func endLineIfOpen() {
        if bytes.last != 0x0A { endLine() }
    }

    // MARK: Folding

    /// Writes the space before a word of `octets` octets, on a new line if the word would end beyond column 78.
    mutating func appendSpace(beforeWordOf octets: Int) {
        if column + 1 + octets > Self.preferredLineOctets {
            fold()
        } else {
            append(octet: 0x20)
        }
    }

    /// Starts a continuation line; a space just written is taken back, as no line should end with one.
    mutating func fold() {
        if bytes.last == 0x20 { bytes.removeLast() }
        endLine()
        append(octet: 0x20)
    }

    /// `<id>` for each, one space or fold between them.
    mutating func appendMessageIDs(_ ids: some Sequence<String>) {
        var isFirst = true
        for id in ids {
            let octets = id.utf8.count + 2
            if isFirst { append(octet: 0x20) } else { appendSpace(beforeWordOf: octets) }
            isFirst = false
            append(octet: UInt8(ascii: "<"))
            append(id)
            append(octet: UInt8(ascii: ">"))
        }
    }
}
