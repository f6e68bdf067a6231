/// Makes values fit the place where a mail shows them.
enum PlainText {
    /// Clients show about 70; a header may be far longer, but a relay need not take it (Postfix: 100 KiB in all).
    static let subjectLimit = 250
    /// The beginning of a longer text, shown beside the subject in the inbox.
    static let teaserLimit = 160

    /// One line: each run of white space and control characters becomes one space; the ends are trimmed.
    ///
    /// Bidi embeddings, overrides and isolates go as well (UAX 9 §2.1–2.4): in a name they would turn our words around.
    /// The marks that right-to-left text needs (LRM, RLM, ALM) and joiners stay.
    static func line(_ value: String, limit: Int = .max) -> String {
        let cleaned = isCleanLine(value) ? value : cleanLine(value)
        return truncated(cleaned, toScalars: limit).text
    }

    /// Lines end with LF, control characters go (tabs stay), blank lines at both ends and white space at the end go. Bidi
    /// embeddings and isolates stay within their line.
    static func block(_ value: String) -> String {
        let lines = BidiText.balanced(normalizedLines(value))
        if let first = lines.utf8.first, let last = lines.utf8.last, isVisibleASCII(first), isVisibleASCII(last) {
            return lines
        }
        let scalars = lines.unicodeScalars
        guard let first = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
            let last = scalars.lastIndex(where: { !$0.properties.isWhitespace })
        else { return "" }
        let start = scalars[..<first].lastIndex(of: "\n").map(scalars.index(after:)) ?? scalars.startIndex
        return String(scalars[start...last])
    }

    /// At most `limit` scalars, the ellipsis included, not cut inside a character unless that one has over 16 scalars.
    static func truncated(_ value: String, toScalars limit: Int) -> (text: String, isCut: Bool) {
        guard value.utf8.count > limit else { return (value, false) }
        let scalars = value.unicodeScalars
        guard let end = scalars.index(scalars.startIndex, offsetBy: limit, limitedBy: scalars.endIndex),
            end != scalars.endIndex
        else { return (value, false) }
        var cut = scalars.index(before: end)
        for _ in 0..<min(16, limit - 1) where cut.samePosition(in: value) == nil { cut = scalars.index(before: cut) }
        return (String(scalars[..<cut]) + "…", true)
    }

    /// Looks at bytes; those that may begin something to remove (U+0080–009F, U+2028 and on, U+FEFF) answer false.
    private static func isCleanLine(_ value: String) -> Bool {
        var previous: UInt8 = 0x20
        for byte in value.utf8 {
            if byte < 0x20 || byte == 0x7F || byte == 0xC2 || byte == 0xE2 || byte == 0xEF { return false }
            if byte == 0x20 && previous == 0x20 { return false }
            previous = byte
        }
        return previous != 0x20 || value.isEmpty
    }

    private static func cleanLine(_ value: String) -> String {
        var value = value
        return value.withUTF8 { bytes in
            String(unsafeUninitializedCapacity: bytes.count) { output in
                var count = 0
                var index = 0
                var isSpacePending = false
                while index < bytes.count {
                    let (sort, length) = sortOfScalar(in: bytes, at: index)
                    switch sort {
                    case .space: isSpacePending = count > 0
                    case .invisible: break
                    case .visible:
                        if isSpacePending {
                            output[count] = 0x20
                            count += 1
                        }
                        isSpacePending = false
                        for offset in 0..<length { output[count + offset] = bytes[index + offset] }
                        count += length
                    }
                    index += length
                }
                return count
            }
        }
    }

    private enum ScalarSort { case visible, space, invisible }

    /// What the scalar that begins at `index` becomes in a line, and its length in octets. The bytes are valid UTF-8.
    private static func sortOfScalar(in bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> (ScalarSort, length: Int) {
        let first = bytes[index]
        switch first {
        case 0x00...0x20, 0x7F: return (.space, 1)
        case 0x00..<0x80: return (.visible, 1)
        case 0xC2: return (bytes[index + 1] < 0xA0 ? .space : .visible, 2)  // U+0080–009F, next line among them
        case 0x80..<0xE0: return (.visible, 2)
        case 0xF0...: return (.visible, 4)
        default: break
        }
        let scalar = UInt16(first & 0x0F) << 12 | UInt16(bytes[index + 1] & 0x3F) << 6 | UInt16(bytes[index + 2] & 0x3F)
        switch scalar {
        case 0x2028, 0x2029: return (.space, 3)
        case 0x202A...0x202E, 0x2066...0x2069, 0xFEFF: return (.invisible, 3)
        default: return (.visible, 3)
        }
    }

    private static func isVisibleASCII(_ byte: UInt8) -> Bool { byte > 0x20 && byte < 0x7F }

    private static func normalizedLines(_ value: String) -> String {
        if !value.utf8.contains(where: { $0 < 0x20 && $0 != 0x0A && $0 != 0x09 || $0 == 0x7F || $0 == 0xC2 }) {
            return value
        }
        var result = String.UnicodeScalarView()
        var isAfterReturn = false
        for scalar in value.unicodeScalars {
            switch scalar.value {
            case 0x0A where isAfterReturn: break
            case 0x0A, 0x0D, 0x85: result.append("\n")
            case 0x09: result.append(scalar)
            case 0x00...0x1F, 0x7F...0x9F: break
            default: result.append(scalar)
            }
            isAfterReturn = scalar.value == 0x0D
        }
        return String(result)
    }
}
