/// Keeps direction controls (UAX 9 §2) inside the line that a person wrote them into.
///
/// Hebrew and Arabic text has honest use for isolates and embeddings; they stay. One that is left open would turn around
/// what follows it, our own words, and one that is closed twice would end what a client opened around the value. Overrides
/// go: all they do is let a text read otherwise than it is.
enum BidiText {
    /// Deeper ones go: nobody writes them, and each opened one costs its end in every line.
    private static let depth = 8

    private enum Opened { case embedding, isolate, dropped }

    /// The text with each line's embeddings and isolates ended in that line, ends without a beginning and overrides removed.
    static func balanced(_ text: String) -> String {
        guard hasControl(text) else { return text }
        var result = String.UnicodeScalarView()
        var opened: [Opened] = []
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x0A, 0x2029:
                close(&opened, into: &result)
                result.append(scalar)
            case 0x202A, 0x202B: open(.embedding, scalar, &opened, into: &result)
            case 0x2066...0x2068: open(.isolate, scalar, &opened, into: &result)
            case 0x202D, 0x202E: opened.append(.dropped)
            case 0x202C:
                // Never ends an isolate, nor what is outside of one.
                guard let last = opened.last, last != .isolate else { continue }
                opened.removeLast()
                if last == .embedding { result.append(scalar) }
            case 0x2069:
                // Ends the embeddings within it too.
                guard let isolate = opened.lastIndex(of: .isolate) else { continue }
                opened.removeSubrange(isolate...)
                result.append(scalar)
            default: result.append(scalar)
            }
        }
        close(&opened, into: &result)
        return String(result)
    }

    private static func open(
        _ kind: Opened, _ scalar: Unicode.Scalar, _ opened: inout [Opened], into result: inout String.UnicodeScalarView
    ) {
        let isDropped = opened.count >= depth
        opened.append(isDropped ? .dropped : kind)
        if !isDropped { result.append(scalar) }
    }

    private static func close(_ opened: inout [Opened], into result: inout String.UnicodeScalarView) {
        for kind in opened.reversed() {
            switch kind {
            case .embedding: result.append("\u{202C}")
            case .isolate: result.append("\u{2069}")
            case .dropped: break
            }
        }
        opened.removeAll()
    }

    /// Looks at bytes: U+202A–202E are E2 80 AA–AE, U+2066–2069 are E2 81 A6–A9.
    private static func hasControl(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            for (index, byte) in bytes.enumerated() where byte == 0xE2 && index + 2 < bytes.count {
                switch (bytes[index + 1], bytes[index + 2]) {
                case (0x80, 0xAA...0xAE), (0x81, 0xA6...0xA9): return true
                default: break
                }
            }
            return false
        }
    }
}
