package import Foundation

/// Lower-case hexadecimal.
package enum HexText {
    package static func encode(_ bytes: some Collection<UInt8>) -> String {
        String(unsafeUninitializedCapacity: bytes.count * 2) { buffer in
            var length = 0
            for byte in bytes {
                buffer[length] = digit(byte >> 4)
                buffer[length + 1] = digit(byte & 0x0F)
                length += 2
            }
            return length
        }
    }

    private static func digit(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
    }
}

extension UUID {
    /// Of 36 characters and no more: `init(uuidString:)` passes over what stands behind them after a NUL.
    package init?(canonical text: String) {
        guard text.utf8.count == 36 else { return nil }
        self.init(uuidString: text)
    }

    /// The 16 octets, in the order of the text form.
    package var octets: [UInt8] {
        withUnsafeBytes(of: uuid) { Array($0) }
    }

    package init?(octets: ArraySlice<UInt8>) {
        guard octets.count == 16 else { return nil }
        var uuid: uuid_t = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
        withUnsafeMutableBytes(of: &uuid) { $0.copyBytes(from: octets) }
        self.init(uuid: uuid)
    }

    /// The text form in lower case, as PostgreSQL writes it (RFC 9562 §4).
    package var lowercaseText: String { uuidString.lowercased() }
}
