/// The two ways to write text in a header's ASCII (RFC 2047 §4), with UTF-8 as the character set.
enum EncodedWordEncoding {
    case base64
    case quotedPrintable

    /// `=?utf-8?B?` and `?=` around the encoded text.
    static let frameOctets = 12
    /// RFC 2047 §2.
    static let maximumOctets = 75

    /// Whichever makes the text shorter; the readable one if equal.
    static func shorter(for text: Substring) -> EncodedWordEncoding {
        var quotedOctets = 0
        for octet in text.utf8 { quotedOctets += quotedCost(of: octet) }
        return quotedOctets <= (text.utf8.count + 2) / 3 * 4 ? .quotedPrintable : .base64
    }

    /// How much of a word's room these octets take: of its octets for Q, of its whole base64 groups for B.
    func cost(of octets: Substring.UTF8View) -> Int {
        switch self {
        case .base64: octets.count
        case .quotedPrintable: octets.reduce(0) { $0 + Self.quotedCost(of: $1) }
        }
    }

    /// The cost that fits a word of `octets` octets, frame included.
    func budget(inWordOf octets: Int) -> Int {
        let room = max(0, octets - Self.frameOctets)
        return self == .base64 ? room / 4 * 3 : room
    }

    static func quotedCost(of octet: UInt8) -> Int {
        octet == 0x20 || isLiteral(octet) ? 1 : 3
    }

    /// What Q leaves as it is within a phrase (RFC 2047 §5 (3)), the narrowest of the three contexts.
    static func isLiteral(_ octet: UInt8) -> Bool {
        if octet.isASCIILetterOrDigit { return true }
        return switch octet {
        case UInt8(ascii: "!"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "/"): true
        default: false
        }
    }
}

extension MessageWriter {
    /// Writes text as encoded words of at most 75 octets, folded between them; the space before the first is the
    /// caller's.
    ///
    /// A word ends on a grapheme boundary, so that each can be shown alone, and never within a UTF-8 sequence (RFC
    /// 2047 §5); where a space is near it ends after that, because some decoders (Python before 3.12.9) show the
    /// space between encoded words of a name.
    mutating func appendEncodedWords(_ text: Substring, mayFoldFirst: Bool) {
        let encoding = EncodedWordEncoding.shorter(for: text)
        var rest = text
        var mayFold = mayFoldFirst
        while !rest.isEmpty {
            let room = min(EncodedWordEncoding.maximumOctets, Self.preferredLineOctets - column)
            var chunk = Self.chunk(of: rest, encoding: encoding, budget: encoding.budget(inWordOf: room))
            if chunk.isEmpty, !mayFold {
                chunk = Self.scalars(of: rest, encoding: encoding, budget: encoding.budget(inWordOf: room))
            }
            if chunk.isEmpty {
                fold()
                let budget = encoding.budget(inWordOf: EncodedWordEncoding.maximumOctets)
                chunk = Self.chunk(of: rest, encoding: encoding, budget: budget)
                if chunk.isEmpty { chunk = Self.scalars(of: rest, encoding: encoding, budget: budget) }
            }
            appendEncodedWord(chunk, encoding: encoding)
            rest = rest[chunk.endIndex...]
            if !rest.isEmpty { fold() }
            mayFold = false
        }
    }

    /// The longest run of whole graphemes that fits the budget, or the part of it up to a space in its second half.
    private static func chunk(of text: Substring, encoding: EncodedWordEncoding, budget: Int) -> Substring {
        if encoding.cost(of: text.utf8) <= budget { return text }
        var spent = 0
        var end = text.startIndex
        var afterSpace: Substring.Index?
        while end < text.endIndex {
            let next = text.index(after: end)
            spent += encoding.cost(of: text[end..<next].utf8)
            if spent > budget { break }
            if text.utf8[end] == 0x20, spent * 2 > budget { afterSpace = next }
            end = next
        }
        return text[..<(afterSpace ?? end)]
    }

    /// The longest run of whole scalars that fits: for a single grapheme that is longer than a word.
    private static func scalars(of text: Substring, encoding: EncodedWordEncoding, budget: Int) -> Substring {
        var spent = 0
        var end = text.startIndex
        while end < text.endIndex {
            let next = text.unicodeScalars.index(after: end)
            spent += encoding.cost(of: text[end..<next].utf8)
            if spent > budget { break }
            end = next
        }
        return text[..<end]
    }

    private mutating func appendEncodedWord(_ text: Substring, encoding: EncodedWordEncoding) {
        let octets = text.utf8Span.span
        switch encoding {
        case .base64:
            append("=?utf-8?B?")
            append { Base64.encode(octets, into: &$0) }
        case .quotedPrintable:
            append("=?utf-8?Q?")
            append { output in
                for index in octets.indices {
                    let octet = octets[index]
                    if octet == 0x20 {
                        output.append(UInt8(ascii: "_"))
                    } else if EncodedWordEncoding.isLiteral(octet) {
                        output.append(octet)
                    } else {
                        QuotedPrintable.append(escaped: octet, to: &output)
                    }
                }
            }
        }
        append("?=")
    }
}
