/// People's text made fit for one header field: a subject or a display name.
///
/// The cleaning, in full: every line break or TAB (CR, LF, VT, FF, NEL, U+2028, U+2029) and every run of two or more
/// white space characters of any kind becomes one space, and no white space is left at the ends; all other C0 and C1
/// controls, DEL, U+FEFF and the direction controls (U+061C, U+200E, U+200F, U+202A–E, U+2066–9) are removed; what is
/// longer than the bound is cut on a grapheme boundary and ends with an ellipsis. A no-break or ideographic space
/// alone stays, and so do the joiners U+200C and U+200D, which Persian spelling and emoji need.
enum HeaderText {
    /// No grapheme has a bound of its own, so a text has one in octets as well: four for each character allowed.
    static func cleaned(_ text: String, maximumCharacters: Int) -> String {
        let clean = needsCleaning(text.utf8Span.span) ? rebuilt(text) : text
        guard clean.utf8.count > maximumCharacters else { return clean }
        return truncated(clean, maximumCharacters: maximumCharacters, maximumOctets: 4 * maximumCharacters)
    }

    /// Whether `rebuilt` could change anything; looks at octets only, and may say yes in vain.
    private static func needsCleaning(_ octets: Span<UInt8>) -> Bool {
        var previous = UInt8(ascii: " ")
        for index in octets.indices {
            let octet = octets[index]
            switch octet {
            case 0x20: if previous == 0x20 { return true }
            case 0x00..<0x20, 0x7F: return true
            // Lead octets of C1 and U+00A0 (C2 80…A0), U+061C (D8 9C), U+1680 (E1 9A), U+2000…206F (E2 80…81),
            // U+3000 (E3 80 80) and U+FEFF (EF BB BF).
            case 0xC2: if octets[index + 1] <= 0xA0 { return true }
            case 0xD8: if octets[index + 1] == 0x9C { return true }
            case 0xE1: if octets[index + 1] == 0x9A { return true }
            case 0xE2: if octets[index + 1] <= 0x81 { return true }
            case 0xE3: if octets[index + 1] == 0x80, octets[index + 2] == 0x80 { return true }
            case 0xEF: if octets[index + 1] == 0xBB { return true }
            default: break
            }
            previous = octet
        }
        return previous == 0x20 && !octets.isEmpty
    }

    private static func rebuilt(_ text: String) -> String {
        var result = ""
        result.reserveCapacity(text.utf8.count)
        var blank: Unicode.Scalar?
        for scalar in text.unicodeScalars {
            if scalar.properties.isWhitespace {
                blank = blank == nil && !scalar.isBreakOrTab ? scalar : " "
            } else if !scalar.isRemovedFromHeaders {
                if let blank, !result.isEmpty { result.unicodeScalars.append(blank) }
                blank = nil
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func truncated(_ text: String, maximumCharacters: Int, maximumOctets: Int) -> String {
        let ellipsis = "…"
        var octets = 0
        var characters = 0
        var cut = text.startIndex
        var index = text.startIndex
        while index < text.endIndex {
            let next = text.index(after: index)
            characters += 1
            octets += text.utf8.distance(from: index, to: next)
            if characters > maximumCharacters || octets > maximumOctets { break }
            if characters < maximumCharacters, octets <= maximumOctets - ellipsis.utf8.count { cut = next }
            index = next
        }
        if index == text.endIndex { return text }
        // One grapheme alone over the bound: letters under thousands of marks. It is cut between scalars.
        if cut == text.startIndex { cut = lastScalarBoundary(in: text, octets: maximumOctets - ellipsis.utf8.count) }
        let kept = text[..<cut]
        return (kept.last == " " ? kept.dropLast() : kept) + ellipsis
    }

    private static func lastScalarBoundary(in text: String, octets: Int) -> String.Index {
        var index = text.startIndex
        var remaining = octets
        for scalar in text.unicodeScalars {
            remaining -= UTF8.width(scalar)
            if remaining < 0 { break }
            index = text.unicodeScalars.index(after: index)
        }
        return index
    }
}

extension Unicode.Scalar {
    fileprivate var isBreakOrTab: Bool {
        switch value {
        case 0x09...0x0D, 0x85, 0x2028, 0x2029: true
        default: false
        }
    }

    fileprivate var isRemovedFromHeaders: Bool {
        switch value {
        case 0x00...0x1F, 0x7F...0x9F, 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069, 0xFEFF: true
        default: false
        }
    }
}
