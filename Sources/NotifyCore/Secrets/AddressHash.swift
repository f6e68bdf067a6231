/// What stands for an e-mail address in logs and in counts of recipients: an HMAC under a subkey of the ring.
///
/// The same address gives the same hash until the newest key changes; nobody without the key can try addresses.
package struct AddressHash: Sendable, Hashable, CustomStringConvertible {
    /// The first 64 bits of the code.
    package let value: UInt64

    package init(of address: String, in ring: KeyRing) {
        let code = ring.sign(Array(address.lowercased().utf8), for: .addressHash).code
        value = code.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// 16 hexadecimal digits.
    package var description: String {
        HexText.encode((0..<8).map { UInt8(truncatingIfNeeded: value >> (56 - 8 * $0)) })
    }
}
