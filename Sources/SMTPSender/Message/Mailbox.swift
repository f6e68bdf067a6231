/// A display name and an address, as they stand in From, To and Reply-To (RFC 5322 §3.4).
package struct Mailbox: Sendable, Hashable {
    /// Cleaned: one line without control and direction characters, at most `longestDisplayName` characters.
    package let displayName: String
    package let address: EmailAddress

    /// Longer names are cut on a grapheme boundary and end with an ellipsis.
    package static let longestDisplayName = 100

    package init(displayName: String, address: EmailAddress) {
        self.displayName = HeaderText.cleaned(displayName, maximumCharacters: Self.longestDisplayName)
        self.address = address
    }

    /// Reads what people write in settings: `user@example.com`, `<user@example.com>`, `Name <user@example.com>` or
    /// `"Name, with comma" <user@example.com>`.
    package init(parsing text: String) throws(AddressError) {
        let trimmed = text.trimmingASCIIWhiteSpace()
        guard trimmed.utf8.last == UInt8(ascii: ">") else {
            self.init(displayName: "", address: try EmailAddress(parsing: String(trimmed)))
            return
        }
        guard let open = trimmed.utf8.lastIndex(of: UInt8(ascii: "<")) else { throw .invalidMailbox }
        let name = trimmed[..<open].trimmingASCIIWhiteSpace()
        let address = trimmed[trimmed.utf8.index(after: open)...].dropLast()
        self.init(displayName: try Self.unquoted(name), address: try EmailAddress(parsing: String(address)))
    }

    private static func unquoted(_ name: Substring) throws(AddressError) -> String {
        guard name.utf8.first == UInt8(ascii: "\"") else { return String(name) }
        guard name.utf8.count >= 2, name.utf8.last == UInt8(ascii: "\"") else { throw .invalidMailbox }
        var content: [UInt8] = []
        var isEscaped = false
        for octet in name.utf8.dropFirst().dropLast() {
            if !isEscaped {
                if octet == UInt8(ascii: "\"") { throw .invalidMailbox }
                isEscaped = octet == UInt8(ascii: "\\")
                if isEscaped { continue }
            }
            isEscaped = false
            content.append(octet)
        }
        guard !isEscaped else { throw .invalidMailbox }
        return String(decoding: content, as: UTF8.self)
    }
}

extension Mailbox: CustomStringConvertible, CustomDebugStringConvertible {
    /// Bland, so that no name or address reaches a log by interpolation.
    package var description: String { "(mailbox)" }
    package var debugDescription: String { "\(displayName) <\(address.wireForm)>" }
}

extension StringProtocol where SubSequence == Substring {
    fileprivate func trimmingASCIIWhiteSpace() -> Substring {
        var rest = self[...]
        while let octet = rest.utf8.first, octet == 0x20 || octet == 0x09 { rest = rest.dropFirst() }
        while let octet = rest.utf8.last, octet == 0x20 || octet == 0x09 { rest = rest.dropLast() }
        return rest
    }
}
