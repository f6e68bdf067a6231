/// The SMTP envelope of one mail: who it is from and the one recipient that it is for (RFC 5321 §2.3.1).
///
/// Both addresses are in the form that goes on the wire, without angle brackets; domains are A-labels unless
/// `requiresSMTPUTF8` is set.
package struct Envelope: Sendable, Hashable {
    /// The reverse-path. Empty means the null path `<>`.
    package let sender: String
    /// The forward-path.
    package let recipient: String
    /// Whether an address or a header holds non-ASCII text that only an SMTPUTF8 relay may carry (RFC 6531).
    package let requiresSMTPUTF8: Bool

    package init(sender: String, recipient: String, requiresSMTPUTF8: Bool = false) {
        self.sender = sender
        self.recipient = recipient
        self.requiresSMTPUTF8 = requiresSMTPUTF8
    }
}

/// A mail ready for the wire: envelope, and header and body with CR LF line ends, not yet dot-stuffed.
package struct ComposedMail: Sendable {
    package let envelope: Envelope
    package let content: [UInt8]

    package init(envelope: Envelope, content: [UInt8]) {
        self.envelope = envelope
        self.content = content
    }
}
