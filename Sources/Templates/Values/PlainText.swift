/// Makes values fit the place where a mail shows them.
enum PlainText {
    /// Clients show about 70; the header itself would allow far more, but a relay need not (Postfix gives up at 100 KiB).
    static let subjectLimit = 250
    /// The beginning of a longer text, shown beside the subject in the inbox.
    static let teaserLimit = 160

    /// One line: each run of white space and control characters becomes one space; the ends are trimmed.
    ///
    /// Bidi embeddings, overrides and isolates go as well (UAX 9 §2.1–2.4): in a name they would turn our words around. The
    /// marks that right-to-left text needs (LRM, RLM, ALM) and joiners stay.
    static func line(_ value: String, limit: Int = .max) -> String {
        let cleaned = isCleanLine(value) ? value : cleanLine(value)
        return truncated(cleaned, toScalars: limit).text
    }

    /// Lines end with LF, control characters go (tabs stay), blank lines at both ends and white space at the end go.
    static func block(_ value: String) -> String {
        let lines = normalizedLines(value)
        guard let first = lines.unicodeScalars.firstIndex(where: { !$0.properties.isWhitespace }) else { return "" }
        let scalars = lines.unicodeScalars
        let start = scalars[..<first].lastIndex(of: "\n").map(scalars.index(after:)) ?? scalars.startIndex
        var end = scalars.endIndex
        while end > start, scalars[scalars.index(before: end)].properties.isWhitespace { end = scalars.index(before: end) }
        return start == scalars.startIndex && end == scalars.endIndex ? lines : String(scalars[start..<end])
    }

    /// At most `limit` scalars, the ellipsis included, never cut inside a character (unless that character alone is absurd).
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
        var result = String.UnicodeScalarView()
        var isSpacePending = false
        for scalar in value.unicodeScalars {
            switch scalar.value {
            case 0x20, 0x00...0x1F, 0x7F...0x9F, 0x2028, 0x2029:
                isSpacePending = !result.isEmpty
            case 0x202A...0x202E, 0x2066...0x2069, 0xFEFF:
                continue
            default:
                if isSpacePending { result.append(" ") }
                isSpacePending = false
                result.append(scalar)
            }
        }
        return String(result)
    }

    private static func normalizedLines(_ value: String) -> String {
        if !value.utf8.contains(where: { $0 < 0x20 && $0 != 0x0A && $0 != 0x09 || $0 == 0x7F || $0 == 0xC2 }) { return value }
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
