/// An e-mail address that can go on the wire (RFC 5321 §4.1.2, RFC 6531 §3.3).
///
/// Decisions:
/// - The domain is kept as lower-case A-labels (IDNA 2008, non-transitional), so only a non-ASCII local part ever
///   needs a relay with SMTPUTF8.
/// - Address literals (`user@[192.0.2.1]`) are refused: nobody's mailbox is at one, and a relay on the inside would
///   deliver to any host that a user names. A domain whose last label is all digits is refused for the same reason.
/// - A domain of one label (`root@localhost`) is accepted; RFC 5321 has it, and development relays need it.
/// - Bounds: local part 64 octets, domain 253, both together 254 (RFC 5321 §4.5.3.1, RFC 3696 erratum 1690).
package struct EmailAddress: Sendable, Hashable {
    /// What stands before the @, without the quotes and backslashes of a quoted local part. Case is kept.
    package let localPart: String
    /// Lower-case ASCII; internationalised labels as `xn--…`.
    package let domain: String
    /// Whether only a relay that offers SMTPUTF8 can carry this address (RFC 6531 §3.2).
    package let requiresSMTPUTF8: Bool
    /// Whether the local part is a dot-atom, and so stands on the wire as it is.
    private let isDotAtom: Bool

    /// Reads `user@example.com` or `"quoted user"@example.com`; white space around it is an error.
    package init(parsing text: String) throws(AddressError) {
        let utf8 = text.utf8
        guard utf8.count <= Self.longestInput else { throw .addressTooLong }
        try Self.refuseForbiddenCharacters(in: text)
        guard let at = utf8.lastIndex(of: UInt8(ascii: "@")) else { throw .missingAtSign }

        let local = text[..<at]
        if local.utf8.first == UInt8(ascii: "\"") {
            localPart = try LocalPart.unquoted(local)
            isDotAtom = LocalPart.isDotAtom(localPart.utf8Span.span)
        } else {
            guard !local.isEmpty else { throw .emptyLocalPart }
            guard LocalPart.isDotAtom(local.utf8Span.span) else { throw .invalidLocalPart }
            localPart = String(local)
            isDotAtom = true
        }
        domain = try InternetDomain.aLabels(of: text[utf8.index(after: at)...])
        requiresSMTPUTF8 = !localPart.utf8.allSatisfy { $0 < 0x80 }

        let localOctets = isDotAtom ? localPart.utf8.count : LocalPart.quoted(localPart).utf8.count
        guard localOctets <= 64 else { throw .localPartTooLong }
        guard localOctets + 1 + domain.utf8.count <= 254 else { throw .addressTooLong }
    }

    /// The address as it stands in MAIL, RCPT and header fields, without angle brackets.
    package var wireForm: String {
        "\(isDotAtom ? localPart : LocalPart.quoted(localPart))@\(domain)"
    }

    /// Anything over this many octets cannot shrink to 254 by IDNA mapping; libidn2 is not asked.
    private static let longestInput = 1_024

    /// Refuses characters that have no place anywhere in an address, quoted or not.
    private static func refuseForbiddenCharacters(in text: String) throws(AddressError) {
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return }
        for scalar in text.unicodeScalars where scalar.isForbiddenInAddress {
            throw .forbiddenCharacter
        }
    }
}

extension EmailAddress: CustomStringConvertible, CustomDebugStringConvertible {
    /// Bland, so that no address reaches a log by interpolation.
    package var description: String { "(address)" }
    package var debugDescription: String { wireForm }
}

extension Unicode.Scalar {
    /// Controls, white space other than U+0020, and invisible format characters other than the two joiners that
    /// Persian and Indic spelling needs. RFC 6531 itself would allow most of them; they serve only to deceive.
    fileprivate var isForbiddenInAddress: Bool {
        if value == 0x20 || value == 0x200C || value == 0x200D { return false }
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .spaceSeparator, .surrogate: return true
        default: return properties.isNoncharacterCodePoint
        }
    }
}
