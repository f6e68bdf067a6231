package import SMTPSender

/// What the result of a send says, and about whom: the one place where an SMTP answer is read.
///
/// Read from codes and the phase alone, never from the text (RFC 5321 §4.2.1, RFC 3463).
package enum SendMeaning: Sendable, Hashable {
    case accepted
    /// The relay takes no mail now, whatever it is for.
    case relayFault(isLogin: Bool)
    /// The relay may take this mail later.
    case deferred
    /// The address does not exist or takes no mail.
    case addressRefused
    /// The relay will not take this mail, at this phase; or any other, as only its record can tell.
    case refused(SMTPPhase)
    /// This relay cannot carry this mail, another may: known from what it offers, or said by it (5.6.7).
    case unfit(FailureReason)
    /// No relay can be asked to carry this mail.
    case unsendable(FailureReason)
    /// No transaction was begun.
    case notBegun
    /// The session was lost before the final dot: nothing was accepted.
    case interrupted
    /// The session was lost after the final dot: it may have been accepted.
    case unknown

    package init(_ result: SendResult) {
        switch result {
        case .accepted: self = .accepted
        case .refused(let reply, let phase): self.init(reply, phase)
        case .unsendable(.invalidEnvelope): self = .unsendable(.addressInvalid)
        case .unsendable(.smtputf8Unsupported): self = .unfit(.smtputf8Unsupported)
        case .unsendable(.tooLarge): self = .unfit(.messageRefused)
        case .unreachable: self = .notBegun
        // A relay that hangs up on MAIL does what one that answers 421 there does.
        case .interrupted(let phase): self = phase.isBeforeRecipient ? .relayFault(isLogin: false) : .interrupted
        case .unknown: self = .unknown
        }
    }

    private init(_ reply: SMTPReply, _ phase: SMTPPhase) {
        if reply.isInternationalAddressRefused {
            self = .unfit(.smtputf8Unsupported)
        } else if reply.wantsLogin || reply.isStorageFull || phase.isBeforeRecipient && !reply.isMessageTooBig {
            self = .relayFault(isLogin: reply.wantsLogin)
        } else if reply.isTransient {
            self = .deferred
        } else if reply.isPermanent {
            self = phase == .rcpt ? Self(recipientRefusal: reply) : .refused(phase)
        } else {
            // 2xx or 3xx where the session says "refused": the relay breaks the protocol.
            self = .relayFault(isLogin: false)
        }
    }

    /// RFC 3463 §3.2, §3.3. 5.2.2, mailbox full, passes. 5.1.7 and 5.1.8 stand among the address codes and are about
    /// the *sender*, which Postfix reports at RCPT: a mistyped `NOTIFY_MAIL_FROM` must not burn the backlog.
    private init(recipientRefusal reply: SMTPReply) {
        switch reply.enhancedCode.map({ ($0.subject, $0.detail) }) {
        case (2, 2)?: self = .deferred
        case (1, 7)?, (1, 8)?: self = .refused(.rcpt)
        case (1, _)?, (2, _)?: self = .addressRefused
        default: self = .refused(.rcpt)
        }
    }
}

extension SMTPPhase {
    /// Whether the relay has not accepted MAIL yet: nothing in this phase is about a recipient.
    fileprivate var isBeforeRecipient: Bool {
        switch self {
        case .connect, .greeting, .hello, .tls, .login, .mail: true
        case .rcpt, .data, .content, .dot, .quit: false
        }
    }
}

extension SMTPReply {
    /// 452 4.3.1, insufficient system storage. 452 alone also means "too many recipients" or a full mailbox.
    fileprivate var isStorageFull: Bool { code == 452 && enhancedCode == EnhancedStatusCode(4, 3, 1) }

    /// 552 with or without 5.3.4, to MAIL with SIZE: about this mail, not about the relay (RFC 1870 §6.1).
    fileprivate var isMessageTooBig: Bool {
        isPermanent && (code == 552 || enhancedCode == EnhancedStatusCode(5, 3, 4))
    }

    /// 5.6.7, to MAIL or RCPT: the relay offers SMTPUTF8 and cannot use it for this mail (RFC 6531 §3.5).
    fileprivate var isInternationalAddressRefused: Bool {
        isPermanent && enhancedCode == EnhancedStatusCode(5, 6, 7)
    }
}
