/// Reads `multipart/form-data` (RFC 7578) of plain fields, strictly: CR LF lines, nothing before the first boundary or
/// after the last, no files, no nesting.
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
        guard sections.count > 2, sections.first?.isEmpty == true, let end = sections.last,
            end.elementsEqual("--".utf8) || end.elementsEqual("--\r\n".utf8)
        else { return nil }
        var fields: [FormField] = []
        for section in sections.dropFirst().dropLast() {
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
        guard lines.count > 1, lines[0].isEmpty else { return nil }
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

    /// RFC 2046 §5.1.1, without the space that it allows inside.
    private static func isBoundary(_ text: String) -> Bool {
        (1...70).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF)
                    || "'()+_,-./:=?".utf8.contains(byte)
            }
    }
}
