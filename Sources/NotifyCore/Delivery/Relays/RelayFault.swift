package import SMTPSender

/// Why a relay took no mail: for `check`, readiness and the log. Without recipient or password.
package struct RelayFault: Sendable, Hashable {
    package let phase: SMTPPhase
    package let isLogin: Bool
    package let code: Int?
    package let enhancedCode: EnhancedStatusCode?
    package let message: String

    package init(_ fault: ConnectionFault) {
        phase = fault.phase
        isLogin = fault.kind == .login || fault.kind == .loginUnsafe
        code = fault.reply?.code
        enhancedCode = fault.reply?.enhancedCode
        message = fault.message
    }

    /// The fault that a mail's result shows; nil where it shows none. A reply's text may quote the recipient and is left
    /// out: it stands, scrubbed, in the attempt's record.
    package init?(_ result: SendResult) {
        guard case .relayFault(let isLogin) = SendMeaning(result) else { return nil }
        self.isLogin = isLogin
        switch result {
        case .refused(let reply, let phase):
            self.phase = phase
            code = reply.code
            enhancedCode = reply.enhancedCode
            message =
                isLogin
                ? "the relay wants a login (\(reply.codes))"
                : "the relay answered \(reply.codes) to \(phase.rawValue)"
        case .interrupted(let phase):
            self.phase = phase
            code = nil
            enhancedCode = nil
            message = "the relay closed the connection at \(phase.rawValue)"
        case .accepted, .smtputf8Unsupported, .invalidEnvelope, .unreachable, .unknown:
            return nil
        }
    }
}

extension SMTPReply {
    /// `550 5.7.1`, without the text, which may quote the recipient.
    var codes: String { [String(code), enhancedCode?.description].compactMap(\.self).joined(separator: " ") }
}
