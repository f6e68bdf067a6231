/// Takes a recipient's address, and its local part alone, out of what a relay answered, without regard to case.
///
/// Relays like to quote the recipient (`550 5.1.1 <jane@example.com>: user unknown`, `jane over quota`), and replies are
/// stored for 30 days and logged. A local part shorter than six octets is replaced only where it stands as a word:
/// otherwise `in@…` would take every "in" out of "invalid"; a longer one goes wherever it stands.
package struct RecipientScrubber: Sendable {
    package static let placeholder = "<recipient>"
    package static let maximumCharacters = 500

    private struct Needle {
        let bytes: [UInt8]
        let wordsOnly: Bool
    }

    /// Longest first, so that the address goes before the local part in it.
    private let needles: [Needle]

    /// - Parameter addresses: the address as stored, and as it went on the wire where that differs.
    package init(_ addresses: [String]) {
        var needles: [Needle] = []
        func add(_ bytes: some Collection<UInt8>, wordsOnly: Bool = false) {
            guard !bytes.isEmpty, !needles.contains(where: { $0.bytes.elementsEqual(bytes) }) else { return }
            needles.append(Needle(bytes: Array(bytes), wordsOnly: wordsOnly))
        }
        for address in addresses.flatMap(Self.spellings) {
            let whole = Self.folded(address)
            let localPart = whole.lastIndex(of: UInt8(ascii: "@")).map { whole[..<$0] } ?? whole[...]
            let unquoted = localPart.filter { $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
            add(whole)
            // What follows a plus is an extension: `jane+tickets` is delivered to `jane`.
            for part in [Array(localPart), unquoted, Array(unquoted.prefix { $0 != UInt8(ascii: "+") })] {
                add(part, wordsOnly: part.count < 6)
            }
        }
        self.needles = needles.sorted { $0.bytes.count > $1.bytes.count }
    }

    /// Folding knows only ASCII letters; other scripts are looked for as written and in either case.
    private static func spellings(_ address: String) -> [String] {
        address.utf8.allSatisfy { $0 < 0x80 } ? [address] : [address, address.lowercased(), address.uppercased()]
    }

    /// The text without the recipient, at most 500 characters. Cut last, so that no half of an address is left over.
    package func scrub(_ text: String) -> String {
        let original = Array(text.utf8)
        let haystack = Self.folded(text)
        var output: [UInt8] = []
        var position = 0
        var copied = 0
        while position < haystack.count {
            guard let length = matchLength(in: haystack, at: position) else {
                position += 1
                continue
            }
            output += original[copied..<position]
            output +=
                Self.isBracketed(haystack, position..<(position + length)) ? "recipient".utf8 : Self.placeholder.utf8
            position += length
            copied = position
        }
        let scrubbed = copied == 0 ? text : String(decoding: output + original[copied...], as: UTF8.self)
        return scrubbed.utf8.count <= Self.maximumCharacters
            ? scrubbed : String(scrubbed.prefix(Self.maximumCharacters))
    }

    private func matchLength(in haystack: [UInt8], at position: Int) -> Int? {
        for needle in needles where haystack[position] == needle.bytes[0] {
            let end = position + needle.bytes.count
            guard end <= haystack.count, haystack[position..<end].elementsEqual(needle.bytes) else { continue }
            let isWord =
                (position == 0 || !Self.isWordByte(haystack[position - 1]))
                && (end == haystack.count || !Self.isWordByte(haystack[end]))
            if isWord || !needle.wordsOnly { return needle.bytes.count }
        }
        return nil
    }

    private static func isBracketed(_ bytes: [UInt8], _ range: Range<Int>) -> Bool {
        range.lowerBound > 0 && bytes[range.lowerBound - 1] == UInt8(ascii: "<") && range.upperBound < bytes.count
            && bytes[range.upperBound] == UInt8(ascii: ">")
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        byte >= 0x80 || (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }

    /// ASCII letters in lower case; the length stays, so that a place here is the same place in the original.
    private static func folded(_ text: String) -> [UInt8] {
        text.utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
    }
}
