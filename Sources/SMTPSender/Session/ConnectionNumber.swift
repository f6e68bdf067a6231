/// How many connections a lane may have, and when it may try to open the next: lowered for a while by a relay that says
/// it has too many, held back after failures.
struct ConnectionNumber {
    static let loweredFor: Duration = .seconds(60)
    static let firstPause: Duration = .milliseconds(250)
    static let longestPause: Duration = .seconds(15)

    private let configured: Int
    private var lowered: Int?
    private var loweredUntil: ContinuousClock.Instant
    private(set) var failures = 0
    private(set) var nextAttempt: ContinuousClock.Instant

    init(configured: Int, now: ContinuousClock.Instant) {
        self.configured = max(1, configured)
        loweredUntil = now
        nextAttempt = now
    }

    /// Most connections now.
    func limit(at now: ContinuousClock.Instant) -> Int {
        guard let lowered, now < loweredUntil else { return configured }
        return lowered
    }

    /// The relay has had enough with one more than `open` connections: no more than these for a while.
    mutating func lower(to open: Int, now: ContinuousClock.Instant) {
        lowered = max(1, min(open, limit(at: now)))
        loweredUntil = now + Self.loweredFor
    }

    mutating func opened() { failures = 0 }

    /// Doubles the pause up to 15 s, less up to a fifth at random so that workers do not come back together.
    mutating func failed(now: ContinuousClock.Instant) {
        let pause = min(Self.firstPause * (1 << min(failures, 10)), Self.longestPause)
        failures += 1
        nextAttempt = now + pause * Double.random(in: 0.8...1)
    }
}
