internal import Crypto

/// What a caller of the HTTP API presents: 256 random bits behind a prefix that says what it is for.
///
/// The prefix lets people and secret scanners recognise a token that was pasted somewhere. Only `hash` is ever stored.
package struct AccessToken: Sendable {
    package enum Use: String, Sendable, CaseIterable {
        case apiKey = "nwk_"
        case session = "nws_"
    }

    /// As the caller sends it: the prefix and 43 characters of base64url.
    package let text: String
    package let use: Use
    /// SHA-256 of the text: what the database knows a token by.
    package let hash: [UInt8]

    private static let secretOctets = 32
    private static let secretCharacters = 43

    /// A new one, from the system's random numbers.
    package init(for use: Use) {
        var generator = SystemRandomNumberGenerator()
        let secret = (0..<Self.secretOctets).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        self.init(use, text: use.rawValue + Base64Text.encode(secret))
    }

    /// Nil for a text that no token looks like, which then needs no look into the database.
    package init?(parsing text: some StringProtocol) {
        let octets = Array(text.utf8)
        guard let use = Use.allCases.first(where: { octets.starts(with: $0.rawValue.utf8) }) else { return nil }
        let secret = octets.dropFirst(use.rawValue.utf8.count)
        guard secret.count == Self.secretCharacters,
            secret.allSatisfy({ (48...57).contains($0) || (65...90).contains($0 & 0xDF) || $0 == 45 || $0 == 95 })
        else { return nil }
        self.init(use, text: String(text))
    }

    private init(_ use: Use, text: String) {
        self.text = text
        self.use = use
        hash = Array(SHA256.hash(data: Array(text.utf8)))
    }

    /// Enough to tell tokens apart by, too little to use one: the prefix and four characters.
    package var hint: String { String(text.prefix(use.rawValue.count + 4)) }
}
