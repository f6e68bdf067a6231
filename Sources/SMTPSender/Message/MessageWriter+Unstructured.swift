extension MessageWriter {
    /// Writes a space and a value without syntax of its own, folded (RFC 5322 §2.2.1).
    ///
    /// From the first to the last word that cannot stand as it is, the value becomes encoded words; what is before
    /// and after stays readable. A word cannot stand if it has non-ASCII text, looks like an encoded word itself, or
    /// is longer than `longestWord`.
    mutating func appendUnstructured(_ value: String, longestWord: Int) {
        let octets = value.utf8Span.span
        var encoded: Range<Int>?
        Self.forEachWord(in: octets) { word in
            guard Self.mustBeEncoded(octets.extracting(word), longestWord: longestWord) else { return }
            encoded = (encoded?.lowerBound ?? word.lowerBound)..<word.upperBound
        }
        guard let encoded else {
            appendWords(octets, isFirst: true)
            return
        }
        appendWords(octets.extracting(0..<encoded.lowerBound), isFirst: true)
        append(octet: 0x20)
        let utf8 = value.utf8
        let start = utf8.index(utf8.startIndex, offsetBy: encoded.lowerBound)
        let end = utf8.index(start, offsetBy: encoded.count)
        appendEncodedWords(value[start..<end], mayFoldFirst: encoded.lowerBound > 0)
        appendWords(octets.extracting(encoded.upperBound..<octets.count), isFirst: false)
    }

    private mutating func appendWords(_ octets: Span<UInt8>, isFirst: Bool) {
        if octets.isEmpty { return }
        if isFirst, column + 1 + octets.count <= Self.preferredLineOctets, !Self.hasIrregularSpaces(octets) {
            append(octet: 0x20)
            append(octets)
            return
        }
        var isFirst = isFirst
        Self.forEachWord(in: octets) { word in
            if isFirst { append(octet: 0x20) } else { appendSpace(beforeWordOf: word.count) }
            isFirst = false
            append(octets.extracting(word))
        }
    }

    /// Calls `body` with the range of each run of octets that are not spaces.
    private static func forEachWord(in octets: Span<UInt8>, _ body: (Range<Int>) -> Void) {
        var start = 0
        for index in octets.indices where octets[index] == 0x20 {
            if index > start { body(start..<index) }
            start = index + 1
        }
        if octets.count > start { body(start..<octets.count) }
    }

    /// Spaces at the ends or two together, which folding by words would lose.
    private static func hasIrregularSpaces(_ octets: Span<UInt8>) -> Bool {
        var previous = UInt8(ascii: " ")
        for index in octets.indices {
            if octets[index] == 0x20, previous == 0x20 { return true }
            previous = octets[index]
        }
        return previous == 0x20
    }

    private static func mustBeEncoded(_ word: Span<UInt8>, longestWord: Int) -> Bool {
        if word.count > longestWord { return true }
        var previous: UInt8 = 0
        for index in word.indices {
            let octet = word[index]
            if octet >= 0x80 || (octet == UInt8(ascii: "?") && previous == UInt8(ascii: "=")) { return true }
            previous = octet
        }
        return false
    }
}
