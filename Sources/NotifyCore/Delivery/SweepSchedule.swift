/// When the claimer looks through the whole queue again. A value without a clock.
///
/// At most a hundredth of the time goes into sweeps, however long a pinned snapshot makes them and however often other
/// workers are faster.
struct SweepSchedule {
    typealias Instant = ContinuousClock.Instant

    private static let interval = Duration.seconds(10)
    private static let intervalAfterMiss = Duration.seconds(1)

    private var next: Instant
    /// The last sweep's cost forbids another one before.
    private var earliest: Instant
    /// By the parts of a sweep that is not over.
    private var spent = Duration.zero

    init(at now: Instant) {
        next = now
        earliest = now
    }

    func isDue(at now: Instant) -> Bool { now >= next }

    /// A sweep is over; or a part of it, `isCut`, and then the rest is due at once.
    mutating func swept(from began: Instant, to ended: Instant, isCut: Bool) {
        spent += ended - began
        guard !isCut else { return next = ended }
        earliest = ended + spent * 100
        next = max(ended + Self.interval, earliest)
        spent = .zero
    }

    /// A claim found nothing of what it was planned for: others were faster, or our own lease has run out until the next
    /// heartbeat. Worth a look soon.
    mutating func missed(at now: Instant) {
        next = min(next, max(now + Self.intervalAfterMiss, earliest))
    }
}
