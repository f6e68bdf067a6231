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
        let octets = name.utf8Span.span
        var isFieldName = (1...76).contains(octets.count)
        for index in octets.indices where octets[index] <= 0x20 || octets[index] >= 0x7F || octets[index] == 0x3A {
            isFieldName = false
        }
        guard isFieldName else { throw .invalidHeaderName(name) }
        guard !Self.isReserved(octets) else { throw .reservedHeader(name) }
        try validateValue()
    }

    /// A word with a field name of 76 octets is still a line of less than 998.
    private static let longestWord = 900

    private func validateValue() throws(MessageError) {
        let octets = value.utf8Span.span
        var wordOctets = 0
        for index in octets.indices {
            let octet = octets[index]
            wordOctets = octet == 0x20 ? 0 : wordOctets + 1
            guard wordOctets <= Self.longestWord else { throw .headerTooLong(name) }
            let isControl =
                octet < 0x20 || octet == 0x7F
                // C1, and the separators U+2028 and U+2029.
                || (octet == 0xC2 && octets[index + 1] < 0xA0)
                || (octet == 0xE2 && octets[index + 1] == 0x80 && (0xA8...0xA9).contains(octets[index + 2]))
            guard !isControl else { throw .invalidHeaderValue(name) }
        }
    }

    private static func isReserved(_ name: Span<UInt8>) -> Bool {
        if name.begins(withCaseFolded: "content-") { return true }
        for field in reserved where field.utf8CodeUnitCount == name.count {
            if name.begins(withCaseFolded: field) { return true }
        }
        return false
    }

    /// What `compose` writes, what names other recipients than the envelope's, and what only relays add.
    private static let reserved: [StaticString] = [
        "from", "to", "cc", "bcc", "reply-to", "subject", "date", "message-id", "in-reply-to", "references",
        "mime-version", "return-path", "received",
    ]
}
