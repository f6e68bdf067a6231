package import SMTPSender

/// Whether one relay should be given mail: a circuit breaker over its faults, and a pause when it refuses too much.
///
/// A pure state machine: results and connection faults go in, with the time, permits and changes come out. Five faults
/// in a row open it, two where another relay can take over; ten permanent refusals in a row, or half of the last fifty, pause it with an alarm. Either way it is
/// left alone for 15 s, then one probe goes out, and each probe that fails doubles the pause up to 2 minutes (±20 %).
///
/// Opened by faults, it closes again with any sign that the relay works: an acceptance, or an answer to RCPT or later.
/// Opened because mails waited and nothing was heard, only a probe that is answered soon ends it: the late answers to
/// what was begun before are no sign. Paused for refusals, only an accepted probe ends it, as acceptances among the
/// refusals are what it was paused over.
package struct RelayHealth: Sendable {
    private enum State: Sendable {
        case working
        case closed(Closure, until: ContinuousClock.Instant)
        case probing(Closure, probe: Int, since: ContinuousClock.Instant)
    }

    private enum Cause: Sendable { case faults, silence, refusals }

    /// Why it is closed, and how long each time.
    private struct Closure: Sendable {
        let cause: Cause
        var pause: Duration
    }

    private let policy: RelayPolicy
    private var random: SplitMix64
    private var state = State.working
    private var faultsInARow = 0
    private var record: ResultRecord
    private var probes = 0

    /// What last kept mail from being accepted; nil again once the relay answers to RCPT or later.
    package private(set) var lastFault: RelayFault?
    /// What it last refused a mail with for good, without the text, which may quote the recipient.
    private var lastRefusal: String?

    /// - Parameter seed: for the jitter of the pauses.
    package init(policy: RelayPolicy = .standard, seed: UInt64 = .random(in: .min ... .max)) {
        self.policy = policy
        random = SplitMix64(seed: seed)
        record = ResultRecord(policy: policy)
    }

    /// Whether the relay accepted a mail among its last 10 results: only then is a refusal about the mail.
    package var hasAcceptedLately: Bool { record.hasAcceptance }

    /// Whether it refused so much of late that a refusal says nothing about the mail, or about the address: none is final
    /// then, so that a relay which suddenly refuses all costs ten events and not what is on the wire, and each probe.
    package var isRefusingLately: Bool { isPausedForRefusals || record.isRefusingLately }

    package var isPausedForRefusals: Bool { cause == .refusals }

    /// Why it is left alone; nil where it is not.
    private var cause: Cause? {
        switch state {
        case .working: nil
        case .closed(let closure, _), .probing(let closure, _, _): closure.cause
        }
    }

    /// Why it is of no use now, for operators; nil where it is, as far as is known.
    package var complaint: String? {
        if let lastFault { return lastFault.message }
        guard isPausedForRefusals else { return nil }
        return "it refuses too many mails for good, the last with \(lastRefusal ?? "an unknown reply")"
    }

    package func permit(at now: ContinuousClock.Instant) -> RelayPermit {
        switch state {
        case .working: .open
        case .closed(_, let until): until <= now ? .probe : .closed(until: until)
        case .probing(_, _, let since): since + policy.probeTimeout <= now ? .probe : .closed(until: nil)
        }
    }

    /// Takes the permit for one mail; nil while closed. The ticket of a probe must come back with its result.
    package mutating func take(relay: Int, at now: ContinuousClock.Instant) -> RelayTicket? {
        guard permit(at: now) == .probe else {
            return permit(at: now) == .open ? RelayTicket(relay: relay, probe: nil) : nil
        }
        switch state {
        case .working: return RelayTicket(relay: relay, probe: nil)
        case .closed(let closure, _), .probing(let closure, _, _):
            probes += 1
            state = .probing(closure, probe: probes, since: now)
            return RelayTicket(relay: relay, probe: probes)
        }
    }

    /// No session could be opened. While a probe is out this is its end: no other mail is waiting for a session then.
    ///
    /// - Parameter isReplaceable: whether another relay is open.
    package mutating func connectFailed(
        _ fault: ConnectionFault, isReplaceable: Bool = false, at now: ContinuousClock.Instant
    ) -> RelayChange? {
        lastFault = RelayFault(fault)
        if case .probing(let closure, _, _) = state { return probeFailed(closure, at: now) }
        return countFault(RelayFault(fault), isReplaceable: isReplaceable, at: now)
    }

    /// Mails have waited too long and nothing was heard, and another relay is open: they need not wait for the limit of
    /// the phase, which can be minutes away.
    package mutating func stalled(_ fault: RelayFault, at now: ContinuousClock.Instant) -> RelayChange? {
        lastFault = fault
        return switch state {
        case .working: open(for: .silence, after: fault, at: now)
        case .probing(let closure, _, _): probeFailed(closure, at: now)
        case .closed: nil
        }
    }

    /// A mail was not handed over after all: where it was to be the probe, the next one may be at once.
    package mutating func giveBack(_ ticket: RelayTicket, at now: ContinuousClock.Instant) {
        if let probed = closureProbed(by: ticket) { state = .closed(probed, until: now) }
    }

    /// A mail came back.
    ///
    /// - Parameters:
    ///   - mail: the same number for each try of one mail.
    ///   - recipient: a hash of the recipient's address, to count recipients with.
    ///   - isReplaceable: whether another relay is open.
    package mutating func finished(
        _ result: SendResult, of mail: Int64, recipient: UInt64, ticket: RelayTicket, isReplaceable: Bool = false,
        at now: ContinuousClock.Instant
    ) -> RelayChange? {
        let probed = closureProbed(by: ticket)
        switch SendMeaning(result) {
        case .accepted:
            record.add(.accepted, of: mail)
            return answered(probed: probed, isAccepted: true, at: now)
        case .deferred:
            record.add(.undecided, of: mail)
            return answered(probed: probed, isAccepted: false, at: now)
        case .addressRefused, .refused:
            record.add(.refused(recipient), of: mail)
            lastRefusal = result.refusalCodes
            return answered(probed: probed, isAccepted: false, at: now) ?? pauseIfRefusing(at: now)
        case .relayFault:
            record.add(.undecided, of: mail)
            guard let fault = RelayFault(result) else { return nil }
            lastFault = fault
            return probed.map { probeFailed($0, at: now) }
                ?? countFault(fault, isReplaceable: isReplaceable, at: now)
        case .unsendable, .unfit:
            // It says nothing about the relay, so the next mail may probe it at once.
            if let probed { state = .closed(probed, until: now) }
            return nil
        case .notBegun, .interrupted, .unknown:
            if let probed { state = .closed(probed, until: now + jittered(probed.pause)) }
            return nil
        }
    }
}

extension RelayHealth {
    /// The closure that this ticket is the running probe of. A probe that was given up is a mail like any other.
    private func closureProbed(by ticket: RelayTicket) -> Closure? {
        guard case .probing(let closure, let probe, _) = state, probe == ticket.probe else { return nil }
        return closure
    }

    /// The relay accepted MAIL and answered: it works, if it did so in time.
    private mutating func answered(
        probed: Closure?, isAccepted: Bool, at now: ContinuousClock.Instant
    ) -> RelayChange? {
        faultsInARow = 0
        if cause != .silence { lastFault = nil }
        switch cause {
        case nil: return nil
        case .faults: return recover()
        case .silence: return probed.map { isProbeInTime(at: now) ? recover() : probeFailed($0, at: now) }
        case .refusals: return probed.map { isAccepted ? recover() : probeFailed($0, at: now) }
        }
    }

    private func isProbeInTime(at now: ContinuousClock.Instant) -> Bool {
        guard case .probing(_, _, let since) = state else { return false }
        return now - since <= policy.longestProbe
    }

    private mutating func recover() -> RelayChange {
        state = .working
        lastFault = nil
        record.forgetRefusals()
        return .recovered
    }

    private mutating func countFault(
        _ fault: RelayFault, isReplaceable: Bool, at now: ContinuousClock.Instant
    ) -> RelayChange? {
        guard case .working = state else { return nil }
        faultsInARow += 1
        guard faultsInARow >= (isReplaceable ? policy.faultsToReplace : policy.faultsToOpen) else { return nil }
        return open(for: .faults, after: fault, at: now)
    }

    private mutating func open(
        for cause: Cause, after fault: RelayFault, at now: ContinuousClock.Instant
    ) -> RelayChange {
        .opened(fault, pause: close(Closure(cause: cause, pause: policy.shortestPause), at: now))
    }

    private mutating func pauseIfRefusing(at now: ContinuousClock.Instant) -> RelayChange? {
        guard case .working = state, record.isRefusingTooMuch else { return nil }
        return .pausedForRefusals(pause: close(Closure(cause: .refusals, pause: policy.shortestPause), at: now))
    }

    private mutating func probeFailed(_ closure: Closure, at now: ContinuousClock.Instant) -> RelayChange {
        var closure = closure
        closure.pause = min(closure.pause * 2, policy.longestPause)
        return .stillClosed(pause: close(closure, at: now))
    }

    private mutating func close(_ closure: Closure, at now: ContinuousClock.Instant) -> Duration {
        let pause = jittered(closure.pause)
        faultsInARow = 0
        state = .closed(closure, until: now + pause)
        return pause
    }

    private mutating func jittered(_ pause: Duration) -> Duration {
        Jitter.random(using: &random).applied(to: pause)
    }
}

extension SendResult {
    /// `550 5.7.1 to rcpt`; nil where no relay refused.
    fileprivate var refusalCodes: String? {
        guard case .refused(let reply, let phase) = self else { return nil }
        return "\(reply.codes) to \(phase.rawValue)"
    }
}
