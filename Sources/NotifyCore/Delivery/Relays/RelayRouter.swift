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
    /// - Parameters:
    ///   - isUrgent: an account mail, which is a probe only where nothing else is open: a probe can take minutes to fail.
    ///   - avoiding: relays (by place) where this mail met a fault; used only where no other is open.
    package mutating func take(
        at now: ContinuousClock.Instant, isUrgent: Bool = false, avoiding: Set<Int> = []
    ) -> RelayTicket? {
        let preferred = relays.indices.filter { !avoiding.contains($0) } + relays.indices.filter(avoiding.contains)
        let open = preferred.first { relays[$0].permit(at: now) == .open }
        let probe = preferred.first { relays[$0].permit(at: now) == .probe }
        guard let open, let probe else { return (open ?? probe).flatMap { relays[$0].take(relay: $0, at: now) } }
        let isProbePreferred = !isUrgent && probe < open && !avoiding.contains(probe)
        let relay = isProbePreferred ? probe : open
        return relays[relay].take(relay: relay, at: now)
    }

    /// Whether a relay outside `tried` is open: a mail that failed at the others can go there at once.
    package func isOpen(besides tried: Set<Int>, at now: ContinuousClock.Instant) -> Bool {
        relays.indices.contains { !tried.contains($0) && relays[$0].permit(at: now) == .open }
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

    package mutating func finished(
        _ result: SendResult, recipient: UInt64, ticket: RelayTicket, at now: ContinuousClock.Instant
    ) -> RelayChange? {
        relays[ticket.relay].finished(result, recipient: recipient, ticket: ticket, at: now)
    }
}
