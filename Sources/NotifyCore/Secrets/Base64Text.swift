/// Base64 (RFC 4648): written in the URL-safe alphabet without padding, read in either.
///
/// Reading is strict, so that each value has one spelling in each alphabet: no white space, no bits left over, padding
/// whole or not at all.
package enum Base64Text {
    package static func encode(_ bytes: [UInt8]) -> String {
        let alphabet = Self.alphabet
        return String(unsafeUninitializedCapacity: (bytes.count * 4 + 2) / 3) { buffer in
            var bits: UInt32 = 0
            var count = 0
            var length = 0
            func write(_ sextet: UInt32) {
                buffer[length] = alphabet[Int(sextet & 0x3F)]
                length += 1
            }
            for byte in bytes {
                bits = bits << 8 | UInt32(byte)
                count += 8
                while count >= 6 {
                    count -= 6
                    write(bits >> UInt32(count))
                }
            }
            if count > 0 { write(bits << UInt32(6 - count)) }
            return length
        }
    }

    package static func decode(_ text: String) -> [UInt8]? {
        let digits = text.utf8.prefix { $0 != UInt8(ascii: "=") }
        let padding = text.utf8.count - digits.count
        guard text.utf8.suffix(padding).allSatisfy({ $0 == UInt8(ascii: "=") }),
            padding == 0 || padding <= 2 && text.utf8.count % 4 == 0
        else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count * 3 / 4)
        var bits: UInt32 = 0
        var count = 0
        for digit in digits {
            guard let sextet = value(of: digit) else { return nil }
            bits = (bits << 6 | sextet) & 0xFFFF
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        guard count < 6, bits & ((1 << UInt32(count)) - 1) == 0 else { return nil }
        return bytes
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    private static func value(of digit: UInt8) -> UInt32? {
        switch digit {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(digit - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(digit - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(digit - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "-"), UInt8(ascii: "+"): 62
        case UInt8(ascii: "_"), UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
