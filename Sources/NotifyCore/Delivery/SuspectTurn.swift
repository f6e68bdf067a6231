/// When the claimer takes a suspect: an event that a worker may have died of. A value without a clock.
///
/// A suspect is claimed alone, with nothing else in flight, so that a death while it is under way can be laid to it. That
/// is bounded both ways: what takes long at its relay does not keep the others waiting, and where they do not come to their
/// end the suspects go beside them after half a minute. A death then counts against nobody.
struct SuspectTurn {
    typealias Instant = ContinuousClock.Instant

    enum Action { case claimOthers, claimSuspect, wait }

    /// How long nothing is claimed so that what is in flight comes to its end; and how long a suspect has for itself.
    private static let patience = Duration.seconds(2)
    /// Before the next try, where that was not enough.
    private static let pause = Duration.seconds(10)
    /// How often that may be not enough: 2 + 10 + 2 + 10 + 2 s.
    private static let tries = 3

    private var drainingSince: Instant?
    private var aloneSince: Instant?
    private var notBefore: Instant?
    private var failedTries = 0

    mutating func next(hasSuspect: Bool, inFlight: Int, now: Instant) -> Action {
        if let aloneSince, inFlight > 0 {
            if now - aloneSince < Self.patience { return .wait }
            notBefore = now + Self.pause
        }
        aloneSince = nil
        guard hasSuspect else {
            (drainingSince, failedTries) = (nil, 0)
            return .claimOthers
        }
        if failedTries == Self.tries { return .claimSuspect }
        guard now >= notBefore ?? now else { return .claimOthers }
        if inFlight == 0 {
            drainingSince = nil
            aloneSince = now
            return .claimSuspect
        }
        let since = drainingSince ?? now
        drainingSince = since
        if now - since < Self.patience { return .wait }
        drainingSince = nil
        notBefore = now + Self.pause
        failedTries += 1
        return failedTries == Self.tries ? .claimSuspect : .claimOthers
    }
}
