package import SMTPSender

/// Which of several relays takes the next mail: the first in order of preference that may be given one.
///
/// A later relay is for when an earlier one is ill, not for when it is busy: a full lane is waited for.
package struct RelayRouter: Sendable {
    package private(set) var relays: [RelayHealth]

    package init(_ relays: [RelayHealth]) {
        self.relays = relays
    }

    /// The right to send one mail now; nil while no relay may be given any.
    ///
    /// - Parameter isUrgent: an account mail, which is a probe only where nothing else is open: a probe can take minutes
    ///   to fail.
    package mutating func take(at now: ContinuousClock.Instant, isUrgent: Bool = false) -> RelayTicket? {
        let open = firstRelay(with: .open, at: now)
        let probe = firstRelay(with: .probe, at: now)
        guard let open, let probe else { return (open ?? probe).flatMap { relays[$0].take(relay: $0, at: now) } }
        let relay = !isUrgent && probe < open ? probe : open
        return relays[relay].take(relay: relay, at: now)
    }

    /// Whether the next mail would go to another relay than this one, so that a mail which failed here may go at once.
    ///
    /// False while this one is still open: the mail would be back here, and two relays that both refuse one mail would
    /// pass it back and forth, as fast as they answer.
    package func goesElsewhere(than relay: Int, at now: ContinuousClock.Instant) -> Bool {
        firstRelay(with: .open, at: now).map { $0 != relay } ?? false
    }

    private func firstRelay(with permit: RelayPermit, at now: ContinuousClock.Instant) -> Int? {
        relays.firstIndex { $0.permit(at: now) == permit }
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
        relays[relay].connectFailed(fault, at: now)
    }

    package mutating func giveBack(_ ticket: RelayTicket, at now: ContinuousClock.Instant) {
        relays[ticket.relay].giveBack(ticket, at: now)
    }

    package mutating func finished(
        _ result: SendResult, of mail: Int64, recipient: UInt64, ticket: RelayTicket, at now: ContinuousClock.Instant
    ) -> RelayChange? {
        relays[ticket.relay].finished(result, of: mail, recipient: recipient, ticket: ticket, at: now)
    }
}
