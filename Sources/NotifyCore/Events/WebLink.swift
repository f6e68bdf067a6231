/// The rule for `url` in a payload: absolute, http or https, with a host, without userinfo, at most 2,000 characters.
///
/// Userinfo is refused because `https://bank.example@evil.example/` reads like the bank's (RFC 3986 §7.6).
package enum WebLink {
    package static let maximumCharacters = 2_000

    package static func isValid(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard let scheme = ["https://", "http://"].first(where: { startsWith($0, bytes) }) else { return false }
        guard !bytes.contains(where: { $0 <= 0x20 || $0 == 0x7F }) else { return false }
        if bytes.contains(where: { $0 > 0x7F }), text.unicodeScalars.contains(where: \.properties.isWhitespace) {
            return false
        }
        let authority = bytes.dropFirst(scheme.utf8.count).prefix { !"/?#".utf8.contains($0) }
        guard let first = authority.first, first != UInt8(ascii: ":"), !authority.contains(UInt8(ascii: "@")) else {
            return false
        }
        return bytes.count <= maximumCharacters || text.unicodeScalars.count <= maximumCharacters
    }

    private static func startsWith(_ scheme: String, _ bytes: [UInt8]) -> Bool {
        bytes.count > scheme.utf8.count
            && zip(bytes, scheme.utf8)
                .allSatisfy { byte, letter in
                    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte + 0x20 == letter : byte == letter
                }
    }
}
