/// The header section of a mail, unfolded (RFC 5322 §2.2).
package struct MailHeader: Sendable {
    package struct Field: Sendable, Hashable {
        package let name: String
        package let value: String
    }

    package let fields: [Field]
    /// Where the body begins.
    let bodyStart: Int

    package init(of content: [UInt8]) {
        self.init(of: content[...])
    }

    init(of content: ArraySlice<UInt8>) {
        var fields: [Field] = []
        var lineStart = content.startIndex
        while lineStart < content.endIndex {
            let lineFeed = content[lineStart...].firstIndex(of: .lineFeed) ?? content.endIndex
            var line = content[lineStart..<lineFeed]
            if line.last == .carriageReturn { line = line.dropLast() }
            lineStart = min(lineFeed + 1, content.endIndex)
            if line.isEmpty { break }
            let text = String(decoding: line, as: UTF8.self)
            if let first = text.first, first == " " || first == "\t", let last = fields.popLast() {
                fields.append(Field(name: last.name, value: last.value + text))
            } else if let colon = text.firstIndex(of: ":") {
                let value = text[text.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
                fields.append(Field(name: String(text[..<colon]), value: String(value)))
            }
        }
        self.fields = fields
        bodyStart = lineStart
    }

    /// The value of the first field of that name, undecoded; names are compared without regard to case.
    package subscript(_ name: String) -> String? {
        fields.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}
