/// Reads `multipart/form-data` (RFC 7578) of plain fields, with CR LF lines; no files, no nesting. What stands before the
/// first boundary or after the last is passed over (RFC 2046 §5.1.1).
enum MultipartForm {
    private static let lineBreak = Array("\r\n".utf8)

    /// Nil for what no form sends.
    ///
    /// - Parameter boundary: As the content type names it.
    static func fields(in body: [UInt8], boundary: String) -> [FormField]? {
        guard isBoundary(boundary) else { return nil }
        // The line break before a boundary belongs to it (RFC 2046 §5.1.1); the first one has none.
        let delimiter = lineBreak + Array("--\(boundary)".utf8)
        let sections = (lineBreak + body).split(separator: delimiter, omittingEmptySubsequences: false)
        guard let end = sections.dropFirst().firstIndex(where: isEnd), end > 1 else { return nil }
        var fields: [FormField] = []
        for section in sections[1..<end] {
            guard let field = field(section) else { return nil }
            fields.append(field)
        }
        return fields
    }

    /// One part: the end of its boundary's line, headers, an empty line, the value.
    private static func field(_ section: ArraySlice<UInt8>) -> FormField? {
        let parts = section.split(separator: lineBreak + lineBreak, maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let value = String(validating: parts[1], as: UTF8.self) else { return nil }
        let lines = parts[0].split(separator: lineBreak, omittingEmptySubsequences: false)
        guard lines.count > 1, lines[0].allSatisfy(isSpace) else { return nil }
        var name: String?
        for line in lines.dropFirst() {
            guard let text = String(validating: line, as: UTF8.self), let colon = text.firstIndex(of: ":") else {
                return nil
            }
            guard text[..<colon].lowercased() == "content-disposition" else { continue }
            guard name == nil, let disposition = HeaderValue(text[text.index(after: colon)...]),
                disposition.text == "form-data", disposition.parameters["filename"] == nil,
                disposition.parameters["filename*"] == nil
            else { return nil }
            name = disposition.parameters["name"]
        }
        return name.map { FormField(name: $0, value: value) }
    }

    /// Whether the boundary before this was the last: it goes on with `--`, and then with nothing on its line.
    private static func isEnd(_ section: ArraySlice<UInt8>) -> Bool {
        guard section.starts(with: "--".utf8) else { return false }
        let rest = section.dropFirst(2).drop(while: isSpace)
        return rest.isEmpty || rest.starts(with: lineBreak)
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

    /// RFC 2046 §5.1.1.
    private static func isBoundary(_ text: String) -> Bool {
        (1...70).contains(text.utf8.count) && text.last != " "
            && text.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF)
                    || "'()+_,-./:=? ".utf8.contains(byte)
            }
    }
}
