/// Quoted-printable (RFC 2045 §6.7) of text whose line ends are CR LF.
enum QuotedPrintable {
    /// Without CR LF, soft line break included.
    static let maximumLineOctets = 76

    /// Appends the encoded text. White space before a line end is escaped, since relays may strip it, and so is the F
    /// of a line that begins with "From ", which mbox files would quote.
    static func encode(_ octets: Span<UInt8>, into bytes: inout [UInt8]) {
        var index = 0
        var column = 0
        while index < octets.count {
            if column > 0 || !octets.begins(with: "From ", at: index) {
                let end = endOfRun(octets, from: index, room: maximumLineOctets - 1 - column)
                octets.extracting(index..<end).withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
                column += end - index
                index = end
                if index == octets.count { return }
            }
            let octet = octets[index]
            if octet == 0x0D {
                bytes.append(0x0D)
                bytes.append(0x0A)
                index += 2
                column = 0
                continue
            }
            let endsLine = octets.lineEnds(at: index + 1)
            let isEscaped = column == 0 || !isLiteral(octet) || (endsLine && octet.isBlank)
            // Only the last octet of a line may use the column that a soft break would need.
            if column + (isEscaped ? 3 : 1) > maximumLineOctets - (endsLine ? 0 : 1) {
                bytes.append(UInt8(ascii: "="))
                bytes.append(0x0D)
                bytes.append(0x0A)
                column = 0
                continue
            }
            if isEscaped {
                append(escaped: octet, to: &bytes)
                column += 3
            } else {
                bytes.append(octet)
                column += 1
            }
            index += 1
        }
    }

    static func append(escaped octet: UInt8, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "="))
        bytes.append(hexDigit(octet >> 4))
        bytes.append(hexDigit(octet & 0x0F))
    }

    /// The end of the octets from `start` that stand for themselves, at most `room` of them; a blank at a line's end
    /// is left out.
    private static func endOfRun(_ octets: Span<UInt8>, from start: Int, room: Int) -> Int {
        let limit = min(octets.count, start + room)
        var end = start
        while end < limit, isLiteral(octets[end]) { end += 1 }
        if end > start, octets[end - 1].isBlank, octets.lineEnds(at: end) { end -= 1 }
        return end
    }

    /// Whether the octet stands for itself; a blank does unless it ends a line.
    private static func isLiteral(_ octet: UInt8) -> Bool {
        octet >= 0x20 ? octet < 0x7F && octet != UInt8(ascii: "=") : octet == 0x09
    }

    private static func hexDigit(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "A") + nibble - 10
    }
}

extension UInt8 {
    fileprivate var isBlank: Bool { self == 0x20 || self == 0x09 }
}

extension Span<UInt8> {
    fileprivate func lineEnds(at index: Int) -> Bool {
        index == count || self[index] == 0x0D
    }
}
