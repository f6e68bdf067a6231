/// When the claimer takes a suspect: an event that a worker may have died of. A value without a clock.
///
/// A suspect is claimed alone, with nothing else in flight, so that a death while it is under way can be laid to it. That
/// is bounded: what takes long at its relay does not keep the others waiting. Nor do they keep the suspect: where two
/// seconds were not enough for what was in flight, no more of it is claimed than came to its end in them.
struct SuspectTurn {
    typealias Instant = ContinuousClock.Instant

    enum Action: Equatable {
        /// So many notifications in flight at most.
        case claimOthers(upTo: Int)
        case claimSuspect, wait

        static let claimOthers = Action.claimOthers(upTo: .max)
    }

    /// How long nothing is claimed so that what is in flight comes to its end; and how long a suspect has for itself.
    private static let patience = Duration.seconds(2)
    /// Before the next try, where that was not enough.
    private static let pause = Duration.seconds(10)

    private var drain: (since: Instant, inFlight: Int)?
    /// What comes to its end within `patience`, as the last drain showed that was not enough.
    private var limit = Int.max
    private var aloneSince: Instant?
    private var notBefore: Instant?

    mutating func next(hasSuspect: Bool, inFlight: Int, now: Instant) -> Action {
        if let aloneSince, inFlight > 0 {
            if now - aloneSince < Self.patience { return .wait }
            notBefore = now + Self.pause
        }
        aloneSince = nil
        if !hasSuspect { limit = .max }
        guard hasSuspect, now >= notBefore ?? now else {
            drain = nil
            return .claimOthers(upTo: limit)
        }
        if inFlight == 0 {
            drain = nil
            aloneSince = now
            return .claimSuspect
        }
        let begun = drain ?? (now, inFlight)
        drain = begun
        if now - begun.since < Self.patience { return .wait }
        drain = nil
        notBefore = now + Self.pause
        limit = max(1, begun.inFlight - inFlight)
        return .claimOthers(upTo: limit)
    }
}
