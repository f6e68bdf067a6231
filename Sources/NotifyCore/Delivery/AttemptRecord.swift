package import SMTPSender

/// What is kept of one attempt: in `notify.attempts`, in the outcome's row and in the log. No address is in it.
package struct AttemptRecord: Sendable, Hashable {
    /// The name in `attempts.result`.
    package enum Result: String, Sendable, CaseIterable {
        case accepted, deferred, refused, unsendable, unreachable, interrupted, unknown
    }

    package let result: Result
    package let phase: SMTPPhase?
    package let code: Int?
    package let enhancedCode: EnhancedStatusCode?
    /// The reply's text, with the recipient replaced, at most 500 characters.
    package let reply: String?
    /// What went wrong where no relay said it, with the recipient replaced; and which relays had handed the mail on.
    package let detail: String?

    /// What a journal keeps of an accepted mail: the code alone.
    init(acceptedWith code: Int) {
        (result, phase, self.code) = (.accepted, .dot, code)
        (enhancedCode, reply, detail) = (nil, nil, nil)
    }

    /// - Parameter earlier: how the mail came to this relay (``RelayTries/account(relayNames:)``).
    package init(_ sendResult: SendResult, after earlier: String? = nil, scrubbing scrubber: RecipientScrubber) {
        var reply: SMTPReply?
        var phase: SMTPPhase?
        var detail: String?
        switch sendResult {
        case .accepted(let accepted): (result, reply, phase) = (.accepted, accepted, .dot)
        case .refused(let refusal, let at):
            (result, reply, phase) = (refusal.isTransient ? .deferred : .refused, refusal, at)
        case .unsendable(let obstacle): (result, detail) = (.unsendable, scrubber.scrub(obstacle.description))
        case .unreachable: result = .unreachable
        case .interrupted(let at): (result, phase) = (.interrupted, at)
        case .unknown: (result, phase) = (.unknown, .dot)
        }
        self.phase = phase
        let parts = [detail, earlier].compactMap(\.self)
        self.detail = parts.isEmpty ? nil : parts.joined(separator: "; ")
        code = reply?.code
        enhancedCode = reply?.enhancedCode
        self.reply = reply.map { scrubber.scrub($0.text) }
    }
}
