import Glibc

/// A network such as `10.0.0.0/8` or `2001:db8::/32`, or one address.
package struct AddressRange: Sendable, Hashable {
    private let network: [UInt8]
    private let prefixLength: Int

    /// Nil for what is neither a numeric address nor one with a prefix length that fits it.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let octets = Self.octets(of: String(parts[0])) else { return nil }
        if parts.count == 2 {
            guard let length = Int(parts[1]), (0...octets.count * 8).contains(length) else { return nil }
            prefixLength = length
        } else {
            prefixLength = octets.count * 8
        }
        network = octets
    }

    func contains(_ address: String) -> Bool {
        guard let octets = Self.octets(of: address), octets.count == network.count else { return false }
        let whole = prefixLength / 8
        guard octets[..<whole] == network[..<whole] else { return false }
        let rest = prefixLength % 8
        guard rest > 0 else { return true }
        let mask = ~(UInt8.max >> UInt8(rest))
        return octets[whole] & mask == network[whole] & mask
    }

    /// 4 octets for IPv4, also where it is written within IPv6 (RFC 4291 §2.5.5.2), else 16.
    private static func octets(of text: String) -> [UInt8]? {
        var v4 = in_addr()
        if inet_pton(AF_INET, text, &v4) == 1 { return withUnsafeBytes(of: v4) { Array($0) } }
        var v6 = in6_addr()
        guard inet_pton(AF_INET6, text, &v6) == 1 else { return nil }
        let octets = withUnsafeBytes(of: v6) { Array($0) }
        let isMapped = octets[..<10].allSatisfy { $0 == 0 } && octets[10...11].allSatisfy { $0 == 0xFF }
        return isMapped ? Array(octets[12...]) : octets
    }
}
