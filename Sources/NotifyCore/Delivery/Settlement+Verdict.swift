import SMTPSender

extension Settlement {
    /// What a verdict writes: one clause for each end state. Nil where the claim goes on.
    static func change(for verdict: Verdict, after result: SendResult) -> Change? {
        switch verdict {
        case .sent:
            .end(.sent, detail: nil, isCharged: true)
        case .retry(let delay, let isCharged):
            .release(after: delay, isCharged: isCharged)
        case .end(let outcome, let detail):
            .end(outcome, detail: detail, isCharged: result.usedAnAttempt)
        case .handOn:
            nil
        case .hold:
            .hold
        }
    }
}

extension SendResult {
    /// Whether a relay was asked about this very mail.
    fileprivate var usedAnAttempt: Bool {
        switch self {
        case .accepted, .refused, .interrupted, .unknown: true
        case .unsendable, .unreachable: false
        }
    }
    /// Whether it says only that the mail did not get as far as its final dot. While we stop that is our own doing, or as
    /// good as: no attempt is charged for it.
    var isCertainlyUnsent: Bool {
        switch self {
        case .unreachable, .interrupted: true
        case .accepted, .refused, .unsendable, .unknown: false
        }
    }
}
