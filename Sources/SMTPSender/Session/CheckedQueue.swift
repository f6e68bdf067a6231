internal import DequeModule

/// Mails that wait in a lane, each with the time of its last check. Those that come back (checked again, or from a
/// session that could not begin them) go ahead of those that wait for their first turn.
struct CheckedQueue {
    /// When a check takes longer than this, more mails are handed out without waiting for it.
    static let recheckPatience: Duration = .milliseconds(50)

    private let freshness: Duration
    private var front: Deque<Submission> = []
    private var back: Deque<Submission> = []
    private var outForCheck = 0
    private var handedOutAt: ContinuousClock.Instant?
    /// A turn found no mail that was fresh for this long into the future.
    private var wantedMargin: Duration?

    init(freshness: Duration) {
        self.freshness = freshness
    }

    var count: Int { front.count + back.count }

    mutating func append(_ submission: Submission) {
        guard submission.history.wasHandedOut else { return back.append(submission) }
        outForCheck = 0
        var submission = submission
        submission.history.wasHandedOut = false
        // Ahead of those whose check is older: behind them its own would be too old as well when its turn comes, and where
        // few are handed out at once, all of them would be checked round and round and none sent.
        let place = front.firstIndex { $0.checkedAt < submission.checkedAt } ?? front.endIndex
        front.insert(submission, at: place)
    }

    /// Next in line again.
    mutating func putBack(_ submission: Submission) {
        front.prepend(submission)
    }

    /// The first mail, when its check will still count `margin` from now.
    mutating func take(margin: Duration, inTurnToo: Bool, now: ContinuousClock.Instant) -> Submission? {
        guard let first = front.first ?? back.first else { return nil }
        guard isFresh(first, at: now + margin) else {
            wantedMargin = max(wantedMargin ?? .zero, margin)
            return nil
        }
        guard inTurnToo || !first.history.inTurn else { return nil }
        return front.popFirst() ?? back.popFirst()
    }

    /// Up to `limit` mails from the head that were checked too long ago, when a turn has come up without a fresh one.
    mutating func handOut(limit: Int, now: ContinuousClock.Instant) -> [Submission] {
        // What does not come back by now ended by its check, or takes its time: it is waited for no longer.
        if let handedOutAt, now >= handedOutAt + Self.recheckPatience { outForCheck = 0 }
        guard let margin = wantedMargin, outForCheck == 0 else { return [] }
        wantedMargin = nil
        var stale: [Submission] = []
        while stale.count < limit, let first = front.first ?? back.first, !isFresh(first, at: now + margin) {
            guard var submission = front.popFirst() ?? back.popFirst() else { break }
            submission.history.wasHandedOut = true
            stale.append(submission)
        }
        if !stale.isEmpty {
            outForCheck = stale.count
            handedOutAt = now
        }
        return stale
    }

    /// When a turn is worth taking although nothing else happened: all that was handed out may have ended by its check,
    /// of which nobody tells the lane.
    var nextHandOut: ContinuousClock.Instant? {
        guard count > 0, outForCheck > 0, let handedOutAt else { return nil }
        return handedOutAt + Self.recheckPatience
    }

    mutating func takeAll() -> [Submission] {
        let all = Array(front) + Array(back)
        front.removeAll()
        back.removeAll()
        wantedMargin = nil
        return all
    }

    private func isFresh(_ submission: Submission, at instant: ContinuousClock.Instant) -> Bool {
        submission.checkedAt + freshness >= instant
    }
}
