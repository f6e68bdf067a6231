/// Where in the conversation with the relay something happened. The raw value is the metric label.
package enum SMTPPhase: String, Sendable, CaseIterable {
    case connect, greeting, hello, tls, login, mail, rcpt, data
    /// Header and body are being written; the final dot is not out yet.
    case content
    /// The final dot is out and its reply is awaited.
    case dot
    case quit
}

/// What became of one mail handed to a relay. Exactly one of these comes back for each submission.
package enum SendResult: Sendable, Hashable {
    /// The relay answered the final dot with 2xx: it is responsible now (RFC 5321 §4.2.5).
    case accepted(SMTPReply)
    /// The relay answered `phase` (mail, rcpt, data or dot) with 4xx or 5xx.
    case refused(SMTPReply, SMTPPhase)
    /// This mail cannot go to this relay, as we know from what it offers. It was not asked, and nothing was sent.
    case unsendable(SendObstacle)
    /// No transaction was begun: the lane was told to hand its mails back, or it stops.
    case unreachable
    /// The session ended after MAIL and before the final dot was sent: nothing was accepted.
    case interrupted(SMTPPhase)
    /// The session ended after the final dot and before its reply: the relay may or may not have accepted the mail.
    case unknown
}

/// Why a mail cannot go to a relay that was not even asked.
package enum SendObstacle: Sendable, Hashable, CustomStringConvertible {
    /// An envelope value that must not reach the wire (CR, LF, NUL, white space, too long): which, never its value.
    case invalidEnvelope(String)
    /// The relay does not offer SMTPUTF8 and this mail needs it (RFC 6531 §3.2).
    case smtputf8Unsupported
    /// The relay announced that it takes no mail of this size (RFC 1870 §6.1).
    case tooLarge(bytes: Int, limit: Int)

    package var description: String {
        switch self {
        case .invalidEnvelope(let problem): problem
        case .smtputf8Unsupported: "the address needs SMTPUTF8, which the relay does not offer"
        case .tooLarge(let bytes, let limit): "the mail has \(bytes) bytes and the relay takes \(limit)"
        }
    }
}

/// Why no usable session could be had with a relay, or why a session ended between mails.
package struct ConnectionFault: Error, Sendable, Hashable {
    package enum Kind: String, Sendable {
        case resolve, connect, timeout, tls, certificate, greeting, hello
        /// The relay does not offer STARTTLS and TLS is required.
        case startTLSMissing
        /// The relay wants a login, refuses ours, or offers no mechanism that we can use.
        case login
        /// A password is set and the connection is not encrypted.
        case loginUnsafe
        case closed
        /// A reply broke the protocol or a bound.
        case badReply
    }

    package let kind: Kind
    package let phase: SMTPPhase
    package let reply: SMTPReply?
    /// For operators: what was tried and what happened; never a password or a recipient.
    package let message: String

    package init(kind: Kind, phase: SMTPPhase, reply: SMTPReply? = nil, message: String) {
        self.kind = kind
        self.phase = phase
        self.reply = reply
        self.message = message
    }
}
