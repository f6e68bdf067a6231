/// A value as it stands in the HTML part: as text, never as markup, and never as a link that we did not make.
enum HTMLText {
    /// The most that a block of text shows in the HTML part; the text part has all of it.
    ///
    /// Gmail clips an HTML part over 102 KB and hides our foot with it. 4,000 scalars are at most 28 KB after escaping.
    static let blockLimit = 4_000
    static let blockLineLimit = 120
    /// A subject or name of 10,000 characters must not push the button off the screen.
    static let lineLimit = 300

    /// Escapes for element content and quoted attributes; line breaks become `<br>`.
    ///
    /// Mail clients turn whatever looks like an address into a link, customers' text too, and people trust links in our
    /// mails. A zero-width space after the `:` of `https://`, the `.` of `example.com` and the `@` of `name@host` keeps
    /// clients from it and changes nothing that one sees; `<wbr>` or `<span>` would not do, some look across elements.
    /// The text part is left as it was written, so an address copied from there is whole.
    static func escape(_ value: String) -> String {
        escape(value, breaksLinks: true)
    }

    /// For an address that we mean to be followed.
    static func escapeLink(_ value: String) -> String {
        escape(value, breaksLinks: false)
    }

    /// The beginning of a long text, cut at `blockLimit` scalars or `blockLineLimit` lines.
    static func excerpt(_ block: String) -> (text: String, isCut: Bool) {
        let (text, isCut) = PlainText.truncated(block, toScalars: blockLimit)
        guard text.utf8.count(where: { $0 == 0x0A }) >= blockLineLimit else {
            // The cut may have lost the end of an isolate.
            return (isCut ? BidiText.balanced(text) : text, isCut)
        }
        let lines = text.split(separator: "\n", maxSplits: blockLineLimit, omittingEmptySubsequences: false)
        return (lines.dropLast().joined(separator: "\n") + "\n…", true)
    }

    private static func escape(_ value: String, breaksLinks: Bool) -> String {
        var value = value
        return value.withUTF8 { bytes in
            guard bytes.contains(where: isSpecial) else { return nil }
            return String(unsafeUninitializedCapacity: bytes.count * longest) { output in
                write(bytes, into: output, breaksLinks: breaksLinks)
            }
        } ?? value
    }

    /// `&#8203;` after the byte itself: the most that one byte becomes.
    private static let longest = 8

    private static func write(
        _ bytes: UnsafeBufferPointer<UInt8>, into output: UnsafeMutableBufferPointer<UInt8>, breaksLinks: Bool
    ) -> Int {
        var count = 0
        func put(_ text: StaticString) {
            text.withUTF8Buffer {
                for byte in $0 {
                    output[count] = byte
                    count += 1
                }
            }
        }
        for (index, byte) in bytes.enumerated() {
            switch byte {
            case UInt8(ascii: "&"): put("&amp;")
            case UInt8(ascii: "<"): put("&lt;")
            case UInt8(ascii: ">"): put("&gt;")
            case UInt8(ascii: "\""): put("&quot;")
            case UInt8(ascii: "'"): put("&#39;")
            case UInt8(ascii: "\n"): put("<br>\n")
            default:
                output[count] = byte
                count += 1
                if breaksLinks, isInsideAddress(bytes, index) { put("&#8203;") }
            }
        }
        return count
    }

    /// Whether the byte is the `:` of `://`, or a `.` or `@` with a word on both sides.
    private static func isInsideAddress(_ bytes: UnsafeBufferPointer<UInt8>, _ index: Int) -> Bool {
        guard index > 0, index + 1 < bytes.count else { return false }
        let next = bytes[index + 1]
        switch bytes[index] {
        case UInt8(ascii: ":"): return next == UInt8(ascii: "/")
        case UInt8(ascii: "."): return isWord(bytes[index - 1]) && isWord(next) && !isDigit(next)
        case UInt8(ascii: "@"): return isWord(bytes[index - 1]) && isWord(next)
        default: return false
        }
    }

    private static func isSpecial(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x0A, 0x22, 0x26, 0x27, 0x2E, 0x3A, 0x3C, 0x3E, 0x40: true
        default: false
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func isWord(_ byte: UInt8) -> Bool {
        byte >= 0x80 || isDigit(byte) || (0x41...0x5A).contains(byte & 0xDF)
    }
}
