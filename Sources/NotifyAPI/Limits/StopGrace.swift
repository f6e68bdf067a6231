import Synchronization

/// The one clock of a stop, for the worker and for the API, which ends after it.
package final class StopGrace: Sendable {
    package let duration: Duration

    private struct Times {
        var begin: ContinuousClock.Instant?
        var drop: ContinuousClock.Instant?
    }

    /// For requests that are short, where the worker has used up the grace.
    private static let atLeast = Duration.seconds(1)
    /// What the worker may take beyond the grace while the database does not answer.
    private static let beyond = Duration.seconds(6)

    private let times = Mutex(Times())

    package init(_ duration: Duration) {
        self.duration = duration
    }

    /// A stop was asked for. The first call counts.
    package func begin() {
        times.withLock { $0.begin = $0.begin ?? .now }
    }

    /// When the API drops what is still open: as the grace ends, but a second after it was first asked, which is when it
    /// takes no more, within what the worker may take.
    func dropTime(now: ContinuousClock.Instant = .now) -> ContinuousClock.Instant {
        times.withLock { times in
            if let drop = times.drop { return drop }
            let end = (times.begin ?? now) + duration
            let drop = min(max(end, now + Self.atLeast), end + Self.beyond)
            times.drop = drop
            return drop
        }
    }
}
