package import SMTPSender

/// Why a relay took no mail: for `check`, readiness and the log. Without recipient or password.
package struct RelayFault: Sendable, Hashable {
    package let message: String

    package init(_ fault: ConnectionFault) {
        message = fault.message
    }

    /// Mails have waited so long for a first session, or for an answer in any.
    package init(waited: Duration) {
        message = "not a word within \(waited.logText) while mails waited"
    }

    /// The fault that a mail's result shows; nil where it shows none. A reply's text may quote the recipient and is left
    /// out: it stands, scrubbed, in the attempt's record.
    package init?(_ result: SendResult) {
        guard case .relayFault(let isLogin) = SendMeaning(result) else { return nil }
        switch result {
        case .refused(let reply, let phase):
            message =
                isLogin
                ? "the relay wants a login (\(reply.codes))"
                : "the relay answered \(reply.codes) to \(phase.rawValue)"
        case .interrupted(let phase):
            message = "the relay closed the connection at \(phase.rawValue)"
        case .accepted, .unsendable, .unreachable, .unknown:
            return nil
        }
    }
}
