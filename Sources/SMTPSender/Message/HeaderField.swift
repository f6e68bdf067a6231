/// A header field beside those that every mail has, such as List-Unsubscribe.
///
/// The value is written as it is, folded at its spaces (runs of which become one); words with non-ASCII text become
/// encoded words, which suits unstructured fields and the phrase of a List-Id. `MailMessage.compose` refuses a field
/// that it writes itself, a name that is no field name, and a value with any control character: nobody adds a second
/// header through it.
package struct HeaderField: Sendable, Hashable {
    package let name: String
    package let value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }

    func validate() throws(MessageError) {
        let isFieldName = name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ":") }
        guard isFieldName, !name.isEmpty, name.utf8.count <= 76 else { throw .invalidHeaderName(name) }
        guard !Self.isReserved(name) else { throw .reservedHeader(name) }
        let longestWord = value.utf8.split(separator: 0x20).reduce(0) { max($0, $1.count) }
        guard longestWord <= Self.longestWord else { throw .headerTooLong(name) }
        if value.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return }
        let hasControl = value.unicodeScalars.contains { scalar in
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator: true
            default: false
            }
        }
        guard !hasControl else { throw .invalidHeaderValue(name) }
    }

    /// With a field name of 76 octets still a line of less than 998.
    private static let longestWord = 900

    private static func isReserved(_ name: String) -> Bool {
        let lowercased = name.lowercased()
        return lowercased.hasPrefix("content-") || reserved.contains(lowercased)
    }

    /// What `compose` writes, what names other recipients than the envelope's, and what only relays add.
    private static let reserved: Set<String> = [
        "from", "to", "cc", "bcc", "reply-to", "subject", "date", "message-id", "in-reply-to", "references",
        "mime-version", "return-path", "received",
    ]
}
