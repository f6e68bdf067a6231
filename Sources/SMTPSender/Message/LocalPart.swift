/// The left side of an address: dot-atoms and quoted strings (RFC 5321 §4.1.2, RFC 6531 §3.3).
enum LocalPart {
    /// Whether the text may stand unquoted: atoms of `atext` and non-ASCII, with single dots between them.
    static func isDotAtom(_ text: Span<UInt8>) -> Bool {
        var previousIsDot = true
        for index in text.indices {
            let octet = text[index]
            if octet == UInt8(ascii: ".") {
                if previousIsDot { return false }
                previousIsDot = true
            } else {
                guard octet >= 0x80 || octet.isAtext else { return false }
                previousIsDot = false
            }
        }
        return !previousIsDot
    }

    /// The content of a quoted string. The text has no control characters any more.
    static func unquoted(_ text: Substring) throws(AddressError) -> String {
        var content: [UInt8] = []
        var octets = text.utf8.dropFirst().makeIterator()
        while let octet = octets.next() {
            switch octet {
            case UInt8(ascii: "\\"):
                guard let escaped = octets.next(), escaped < 0x80 else { throw .unterminatedQuote }
                content.append(escaped)
            case UInt8(ascii: "\""):
                guard octets.next() == nil else { throw .invalidLocalPart }
                guard !content.isEmpty else { throw .emptyLocalPart }
                return String(decoding: content, as: UTF8.self)
            default:
                content.append(octet)
            }
        }
        throw .unterminatedQuote
    }

    static func quoted(_ content: String) -> String {
        var octets: [UInt8] = [UInt8(ascii: "\"")]
        for octet in content.utf8 {
            if octet == UInt8(ascii: "\"") || octet == UInt8(ascii: "\\") { octets.append(UInt8(ascii: "\\")) }
            octets.append(octet)
        }
        octets.append(UInt8(ascii: "\""))
        return String(decoding: octets, as: UTF8.self)
    }
}

extension UInt8 {
    var isASCIILetterOrDigit: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }

    /// RFC 5322 §3.2.3 `atext`: !#$%&'*+-/=?^_`{|}~, letters and digits.
    var isAtext: Bool {
        switch self {
        case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2F, 0x3D, 0x3F, 0x5E...0x60, 0x7B...0x7E: true
        default: isASCIILetterOrDigit
        }
    }
}
