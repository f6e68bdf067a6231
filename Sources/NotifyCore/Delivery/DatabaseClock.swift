import Threads

/// Tells whether the database's clock was set between two readings of it.
struct DatabaseClock {
    private var last: (own: ContinuousClock.Instant, database: Int64)?

    /// What passed on our own clock since the last reading, and by how much the database's was set meanwhile, negative for
    /// back; no step where that is within the tolerance, which covers how long the reading took. Nil for the first reading.
    ///
    /// - Parameter time: of the database, in µs since any epoch.
    mutating func read(
        _ time: Int64, at now: ContinuousClock.Instant, tolerance: Duration
    ) -> (passed: Duration, step: Duration?)? {
        defer { last = (now, time) }
        guard let last else { return nil }
        let passed = now - last.own
        let step = Duration.microseconds(time - last.database) - passed
        return (passed, abs(step.inSeconds) > tolerance.inSeconds ? step : nil)
    }
}
