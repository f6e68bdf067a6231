/// Makes text safe for one line of a log or a terminal.
///
/// A user's name or a relay's reply may hold line breaks (a second, forged log line), escape sequences (a terminal that
/// obeys them) or bidi controls (text that reads otherwise than it is).
enum LogText {
    /// A longer text is cut: one line must not fill the log. Names and replies stay far below it.
    static let maximumCharacters = 4_000

    /// The text with each control and format character as `\u{…}`, on one line, cut to `maximumCharacters`.
    static func escaped(_ text: String) -> String {
        if isPlain(text) { return text }
        var safe = ""
        safe.reserveCapacity(min(text.utf8.count, maximumCharacters * 4) + 16)
        var count = 0
        for scalar in text.unicodeScalars {
            if count == maximumCharacters {
                safe += "…"
                break
            }
            count += 1
            if isUnsafe(scalar) {
                safe += "\\u{" + String(scalar.value, radix: 16) + "}"
            } else {
                safe.unicodeScalars.append(scalar)
            }
        }
        return safe
    }

    /// Whether a reader could be misled: C0 and C1 controls, DEL, line and paragraph separators, bidi controls.
    static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0...0x1f, 0x7f...0x9f, 0x61c, 0x200e...0x200f, 0x2028...0x202e, 0x2066...0x2069, 0xfeff: true
        default: false
        }
    }

    private static func isPlain(_ text: String) -> Bool {
        text.utf8.count <= maximumCharacters && text.utf8.allSatisfy { (0x20...0x7e).contains($0) }
    }
}
