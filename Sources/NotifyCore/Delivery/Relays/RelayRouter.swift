package import SMTPSender

/// Which of several relays takes the next mail: the first in order of preference that may be given one.
///
/// A later relay is for when an earlier one is ill, not for when it is busy: a full lane is waited for.
package struct RelayRouter: Sendable {
    package private(set) var relays: [RelayHealth]

    package init(_ relays: [RelayHealth]) {
        self.relays = relays
    }

    /// The right to send one mail now; nil while no relay may be given it.
    ///
    /// - Parameters:
    ///   - isUrgent: an account mail, which is a probe only where nothing else is open: a probe can take minutes to fail.
    ///   - tries: the relays that gave this mail back already.
    package mutating func take(
        at now: ContinuousClock.Instant, isUrgent: Bool = false, after tries: RelayTries = RelayTries()
    ) -> RelayTicket? {
        let open = firstRelay(with: .open, after: tries, at: now)
        let probe = firstRelay(with: .probe, after: tries, at: now)
        guard let open, let probe else { return (open ?? probe).flatMap { relays[$0].take(relay: $0, at: now) } }
        let relay = !isUrgent && probe < open ? probe : open
        return relays[relay].take(relay: relay, at: now)
    }

    /// Whether a mail that these relays gave back may go to another at once, if only as its probe.
    package func goesOn(after tries: RelayTries, at now: ContinuousClock.Instant) -> Bool {
        firstRelay(with: .open, after: tries, at: now) != nil || firstRelay(with: .probe, after: tries, at: now) != nil
    }

    /// Whether every relay has said that it cannot carry a mail.
    package func areUnfit(_ tries: RelayTries) -> Bool {
        relays.indices.allSatisfy { tries.isUnfit($0) }
    }

    /// Whether another relay is open, to take what this one leaves waiting.
    package func isReplaceable(_ relay: Int, at now: ContinuousClock.Instant) -> Bool {
        relays.indices.contains { $0 != relay && relays[$0].permit(at: now) == .open }
    }

    private func firstRelay(
        with permit: RelayPermit, after tries: RelayTries, at now: ContinuousClock.Instant
    ) -> Int? {
        relays.indices.first { relays[$0].permit(at: now) == permit && !tries.hasTried($0) }
    }

    /// When `take` may answer again where it answered nil; nil where only a probe's result will tell.
    package func opensAgain(after now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        relays.compactMap { relay in
            switch relay.permit(at: now) {
            case .open, .probe: now
            case .closed(let until): until
            }
        }
        .min()
    }

    package mutating func connectFailed(
        relay: Int, _ fault: ConnectionFault, at now: ContinuousClock.Instant
    ) -> RelayChange? {
        relays[relay].connectFailed(fault, isReplaceable: isReplaceable(relay, at: now), at: now)
    }

    /// Mails have waited too long for a relay that says nothing; of no consequence while no other relay is open.
    package mutating func stalled(
        relay: Int, _ fault: RelayFault, at now: ContinuousClock.Instant
    ) -> RelayChange? {
        isReplaceable(relay, at: now) ? relays[relay].stalled(fault, at: now) : nil
    }

    package mutating func giveBack(_ ticket: RelayTicket, at now: ContinuousClock.Instant) {
        relays[ticket.relay].giveBack(ticket, at: now)
    }

    package mutating func finished(
        _ result: SendResult, of mail: Int64, recipient: UInt64, ticket: RelayTicket, at now: ContinuousClock.Instant
    ) -> RelayChange? {
        relays[ticket.relay]
            .finished(
                result, of: mail, recipient: recipient, ticket: ticket,
                isReplaceable: isReplaceable(ticket.relay, at: now), at: now)
    }
}
