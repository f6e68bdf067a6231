/// Base64 (RFC 2045 §6.8) of octets that lie in memory as a whole.
enum Base64 {
    /// 76 characters a line, from 57 octets.
    static let octetsOfLine = 57

    /// Appends one unbroken run, padded.
    static func encode(_ octets: Span<UInt8>, into bytes: inout [UInt8]) {
        bytes.append(addingCapacity: (octets.count + 2) / 3 * 4) { encode(octets, 0..<octets.count, into: &$0) }
    }

    /// Appends lines of 76 characters, CR LF between them and none after the last.
    static func encodeLines(_ octets: Span<UInt8>, into bytes: inout [UInt8]) {
        let capacity = (octets.count + 2) / 3 * 4 + octets.count / octetsOfLine * 2
        bytes.append(addingCapacity: capacity) { output in
            var start = 0
            while start < octets.count {
                let end = min(start + octetsOfLine, octets.count)
                encode(octets, start..<end, into: &output)
                if end < octets.count {
                    output.append(0x0D)
                    output.append(0x0A)
                }
                start = end
            }
        }
    }

    private static func encode(_ octets: Span<UInt8>, _ range: Range<Int>, into output: inout OutputSpan<UInt8>) {
        var index = range.lowerBound
        while index + 3 <= range.upperBound {
            let group = UInt32(octets[index]) << 16 | UInt32(octets[index + 1]) << 8 | UInt32(octets[index + 2])
            output.append(digit(group >> 18))
            output.append(digit(group >> 12))
            output.append(digit(group >> 6))
            output.append(digit(group))
            index += 3
        }
        let left = range.upperBound - index
        guard left > 0 else { return }
        let group = UInt32(octets[index]) << 16 | (left == 2 ? UInt32(octets[index + 1]) << 8 : 0)
        output.append(digit(group >> 18))
        output.append(digit(group >> 12))
        output.append(left == 2 ? digit(group >> 6) : UInt8(ascii: "="))
        output.append(UInt8(ascii: "="))
    }

    private static func digit(_ bits: UInt32) -> UInt8 {
        alphabet[Int(bits & 0x3F)]
    }

    private static let alphabet: InlineArray<64, UInt8> = [
        0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4A, 0x4B, 0x4C, 0x4D, 0x4E, 0x4F, 0x50,
        0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5A, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66,
        0x67, 0x68, 0x69, 0x6A, 0x6B, 0x6C, 0x6D, 0x6E, 0x6F, 0x70, 0x71, 0x72, 0x73, 0x74, 0x75, 0x76,
        0x77, 0x78, 0x79, 0x7A, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x2B, 0x2F,
    ]
}
