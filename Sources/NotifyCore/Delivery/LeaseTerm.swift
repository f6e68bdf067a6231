internal import Synchronization

/// Since when, and until when at least, this worker's lease has held without a break, on its own clock.
///
/// A process that was frozen wakes in the middle of what it did, and others may have its events by then. What was claimed
/// or checked before the break counts no more, also when a heartbeat has begun a new term since.
final class LeaseTerm: Sendable {
    typealias Instant = ContinuousClock.Instant

    private let lease: Duration
    private let bounds: Mutex<(begin: Instant, end: Instant)>

    /// - Parameter start: before the worker was registered.
    init(lease: Duration, from start: Instant) {
        self.lease = lease
        bounds = Mutex((start, start + lease))
    }

    /// A heartbeat was written, at some moment between these two.
    func extend(sentAt: Instant, answeredAt: Instant) {
        bounds.withLock { bounds in
            if answeredAt >= bounds.end { bounds.begin = answeredAt }
            bounds.end = max(bounds.end, sentAt + lease)
        }
    }

    /// Whether what was known to be ours at `checkedAt` certainly is so at `now`.
    func covers(_ checkedAt: Instant, at now: Instant) -> Bool {
        bounds.withLock { checkedAt >= $0.begin && now < $0.end }
    }
}
