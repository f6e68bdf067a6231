/// Quoted-printable (RFC 2045 §6.7) of text whose line ends are CR LF.
enum QuotedPrintable {
    /// Without CR LF, soft line break included.
    static let maximumLineOctets = 76

    /// An upper bound of the encoded size: every octet escaped, and a soft break (`=` CR LF) every 73.
    static func maximumEncodedCount(_ count: Int) -> Int {
        3 * count + 3 * (3 * count / 73 + 1)
    }

    /// Appends the encoded text. White space before a line end is escaped, since relays may strip it, and so is the F
    /// of a line that begins with "From ", which mbox files would quote.
    static func encode(_ octets: Span<UInt8>, into output: inout OutputSpan<UInt8>) {
        var column = 0
        for index in octets.indices {
            let octet = octets[index]
            if octet == 0x0D || octet == 0x0A {
                output.append(octet)
                column = 0
                continue
            }
            let endsLine = index + 1 == octets.count || octets[index + 1] == 0x0D
            let mustBeEscaped = mustBeEscaped(octet, endsLine: endsLine)
            var isEscaped = mustBeEscaped || (column == 0 && beginsFrom(octets, at: index))
            // Only the last octet of a line may use the column that a soft break would need.
            if column + (isEscaped ? 3 : 1) > maximumLineOctets - (endsLine ? 0 : 1) {
                appendSoftBreak(to: &output)
                column = 0
                isEscaped = mustBeEscaped || beginsFrom(octets, at: index)
            }
            if isEscaped {
                append(escaped: octet, to: &output)
                column += 3
            } else {
                output.append(octet)
                column += 1
            }
        }
    }

    static func append(escaped octet: UInt8, to output: inout OutputSpan<UInt8>) {
        output.append(UInt8(ascii: "="))
        output.append(hexDigit(octet >> 4))
        output.append(hexDigit(octet & 0x0F))
    }

    private static func mustBeEscaped(_ octet: UInt8, endsLine: Bool) -> Bool {
        if octet == 0x20 || octet == 0x09 { return endsLine }
        return octet < 0x21 || octet > 0x7E || octet == UInt8(ascii: "=")
    }

    private static func appendSoftBreak(to output: inout OutputSpan<UInt8>) {
        output.append(UInt8(ascii: "="))
        output.append(0x0D)
        output.append(0x0A)
    }

    private static func beginsFrom(_ octets: Span<UInt8>, at index: Int) -> Bool {
        octets[index] == UInt8(ascii: "F") && octets.begins(with: "From ", at: index)
    }

    private static func hexDigit(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "A") + nibble - 10
    }
}

extension Span<UInt8> {
    func begins(with prefix: StaticString, at start: Int) -> Bool {
        guard count - start >= prefix.utf8CodeUnitCount else { return false }
        for offset in 0..<prefix.utf8CodeUnitCount where self[start + offset] != prefix.utf8Start[offset] {
            return false
        }
        return true
    }
}
