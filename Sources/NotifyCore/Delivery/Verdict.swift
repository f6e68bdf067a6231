package import SMTPSender

/// What becomes of an event after an attempt.
package enum Verdict: Sendable, Hashable {
    case sent
    case retry(after: Duration, isCharged: Bool)
    /// Another relay gets it now, within the same claim and not charged.
    case handOn
    case end(Outcome, detail: String? = nil)
    /// It may have been accepted, and its kind is one to hold rather than to send twice (`NOTIFY_UNKNOWN_HOLD`).
    case hold
}

/// What the classification must know of an attempt, beside its result.
package struct AttemptContext: Sendable {
    /// Charged attempts before this one.
    package let chargedAttempts: Int
    /// Until the event expires; zero or less when it has.
    package let remaining: Duration
    /// Whether the event's kind is held, not sent again, when it may have been accepted.
    package let holdsUnknown: Bool
    /// Whether the relay accepted another mail among its last 10 results, this one not counted.
    package let hasRelayAcceptedOthers: Bool
    /// Whether the relay refused so much before this one that no refusal is final (`RelayHealth.isRefusingLately`).
    package let isRelayRefusing: Bool
    /// Whether another relay, which has not had it in this claim, may be given it now (`RelayRouter.goesOn`).
    package let canGoOn: Bool
    /// Whether every relay has said in this claim that it cannot carry it.
    package let areAllUnfit: Bool
    /// How long an event waits that its only relay could not take: the shortest pause of a relay.
    package let relayWait: Duration
    /// Since the event was enqueued.
    package let age: Duration

    package init(
        chargedAttempts: Int, remaining: Duration, holdsUnknown: Bool, hasRelayAcceptedOthers: Bool,
        isRelayRefusing: Bool = false, canGoOn: Bool, areAllUnfit: Bool = false,
        relayWait: Duration = RelayPolicy.standard.shortestPause,
        age: Duration = .zero
    ) {
        self.age = age
        self.chargedAttempts = chargedAttempts
        self.remaining = remaining
        self.holdsUnknown = holdsUnknown
        self.hasRelayAcceptedOthers = hasRelayAcceptedOthers
        self.isRelayRefusing = isRelayRefusing
        self.canGoOn = canGoOn
        self.areAllUnfit = areAllUnfit
        self.relayWait = relayWait
    }

    init(
        of event: ClaimedEvent, now: Int64, holdsUnknown: Bool, record: RelayPool.Record
    ) {
        self.init(
            chargedAttempts: event.attempts, remaining: .between(now, event.expiresAt),
            holdsUnknown: holdsUnknown,
            hasRelayAcceptedOthers: record.hadAccepted, isRelayRefusing: record.wasRefusing, canGoOn: record.canGoOn,
            areAllUnfit: record.areAllUnfit,
            relayWait: record.relayWait, age: .between(event.enqueuedAt, now))
    }
}

extension Duration {
    /// From one time (µs) to another, either of which may be PostgreSQL's infinity.
    fileprivate static func between(_ start: Int64, _ end: Int64) -> Duration {
        let (difference, isOverflown) = end.subtractingReportingOverflow(start)
        return .microseconds(isOverflown ? (end > start ? Int64.max : Int64.min) : difference)
    }
}

/// What becomes of an event by the result of its attempt: the table in docs/operations.md, "Outcomes and reasons", row by
/// row.
///
/// A retry that would come after the event expires ends it now, so that its end does not wait for nothing.
package func classify(
    _ result: SendResult, of attempt: AttemptContext, schedule: RetrySchedule, jitter: Jitter
) -> Verdict {
    switch SendMeaning(result) {
    case .accepted:
        return .sent
    case .relayFault, .notBegun:
        return attempt.uncharged(waiting: attempt.relayWait, jitter)
    case .deferred:
        return attempt.charged(after: schedule.delay(afterAttempt: attempt.chargedAttempts + 1), jitter)
    case .addressRefused:
        guard !attempt.isRelayRefusing else { return attempt.uncharged(waiting: attempt.refusalWait, jitter) }
        return .end(.failed(.recipientRefused))
    case .refused(let phase):
        guard attempt.hasRelayAcceptedOthers, !attempt.isRelayRefusing else {
            return attempt.uncharged(waiting: attempt.refusalWait, jitter)
        }
        return .end(.failed(phase == .rcpt ? .recipientRefused : .messageRefused))
    case .unfit(let reason):
        guard attempt.areAllUnfit else { return attempt.uncharged(waiting: attempt.refusalWait, jitter) }
        return .end(.failed(reason))
    case .unsendable(let reason):
        return .end(.failed(reason))
    case .interrupted:
        // At once, but only once: a mail that makes a relay hang up must not do so as fast as it can be sent.
        let isFirst = attempt.chargedAttempts == 0
        return attempt.charged(
            after: isFirst ? .zero : schedule.delay(afterAttempt: attempt.chargedAttempts), jitter)
    case .unknown:
        if attempt.holdsUnknown { return .hold }
        return attempt.charged(after: schedule.delay(afterAttempt: attempt.chargedAttempts + 1), jitter)
    }
}

extension AttemptContext {
    fileprivate func charged(after delay: Duration, _ jitter: Jitter) -> Verdict {
        retry(after: jitter.applied(to: delay), isCharged: true)
    }

    fileprivate func uncharged(waiting delay: Duration, _ jitter: Jitter) -> Verdict {
        canGoOn && remaining > .zero ? .handOn : retry(after: jitter.applied(to: delay), isCharged: false)
    }

    /// A quiet relay may refuse one mail for a day without accepting another, and the one relay that could carry it may
    /// be down as long: it is tried ever more rarely, a quarter of the event's age apart, up to half an hour.
    fileprivate var refusalWait: Duration {
        max(relayWait, min(age / 4, .seconds(1_800)))
    }

    private func retry(after delay: Duration, isCharged: Bool) -> Verdict {
        if delay < remaining { return .retry(after: delay, isCharged: isCharged) }
        let charged = chargedAttempts + (isCharged ? 1 : 0)
        return .end(.outOfTime(chargedAttempts: charged), detail: "the next try would come after it expires")
    }
}
