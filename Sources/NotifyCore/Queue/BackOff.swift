/// The pauses between tries at a database that is away: 100 ms, doubled each time up to 2 s, ±20 %.
///
/// The longest one is what a worker may lose after an outage, and how long others must wait before they take it for
/// dead (`Keeper`): 5 s left workers idle for 6.5 s behind a server that was ready. At 2 s an absent database costs
/// each thread one attempt in two seconds.
struct BackOff {
    static let longest = Duration.seconds(2)
    private static let shortest = Duration.milliseconds(100)

    /// Without its jitter.
    private(set) var pause = shortest

    /// The next pause; the one after it is twice as long.
    mutating func next(_ jitter: Jitter = .random()) -> Duration {
        defer { pause = min(pause * 2, Self.longest) }
        return jitter.applied(to: pause)
    }

    mutating func reset() {
        pause = Self.shortest
    }
}
