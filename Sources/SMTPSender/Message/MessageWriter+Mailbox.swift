extension MessageWriter {
    /// Writes a space and `Name <address>`, or the bare address where there is no name (RFC 5322 §3.4).
    mutating func appendMailbox(_ mailbox: Mailbox) {
        append(octet: 0x20)
        let address = mailbox.address.wireForm
        guard !mailbox.displayName.isEmpty else {
            append(address)
            return
        }
        appendPhrase(mailbox.displayName)
        appendSpace(beforeWordOf: address.utf8.count + 2)
        append(octet: UInt8(ascii: "<"))
        append(address)
        append(octet: UInt8(ascii: ">"))
    }

    /// Quoted names over this many octets become encoded words, which can be folded without a doubt.
    private static let longestQuotedString = 64

    /// Atoms as they are; other printable ASCII in quotes; all else as encoded words. `=?` never stands in quotes,
    /// since many readers decode what looks like an encoded word there too, and nothing does that needs a backslash:
    /// OpenSMTPD 6.8 takes `"Sam \"Sam\" W, Jr."` for two addresses and adds its own host name to the first.
    private mutating func appendPhrase(_ name: String) {
        let octets = name.utf8Span.span
        var isAtoms = true
        var isEncoded = octets.count > Self.longestQuotedString
        var previous: UInt8 = 0
        for index in octets.indices {
            let octet = octets[index]
            if octet >= 0x80 || (octet == UInt8(ascii: "?") && previous == UInt8(ascii: "=")) { isEncoded = true }
            if !octet.isAtext && octet != 0x20 { isAtoms = false }
            if octet == UInt8(ascii: "\"") || octet == UInt8(ascii: "\\") { isEncoded = true }
            previous = octet
        }
        if isEncoded {
            appendEncodedWords(name[...], mayFoldFirst: false)
        } else if isAtoms {
            append(octets)
        } else {
            append(LocalPart.quoted(name))
        }
    }
}
