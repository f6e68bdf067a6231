/// What a pool decides, without a thread or a connection: who waits, who may start, who is told no.
struct PoolState {
    enum Submission {
        /// A thread that waits for work takes it.
        case queued
        /// There is none: start one.
        case startThread
        case refused(PostgresError)
    }

    let configuration: ConnectionPool.Configuration
    private(set) var waiting: [PoolJob] = []
    private(set) var threads = 0
    private(set) var isStopping = false
    private var busy = 0
    private var outage: Outage?

    private struct Outage {
        let error: PostgresError
        let pause: Duration
        let retryAt: ContinuousClock.Instant
    }

    init(configuration: ConnectionPool.Configuration) {
        self.configuration = configuration
    }

    mutating func submit(_ job: PoolJob) -> Submission {
        if isStopping { return .refused(PostgresError(.closed, "the connection pool was stopped")) }
        // Whoever can be taken at once does not wait, be it by a thread that is yet to be started.
        guard waiting.count < configuration.maximumWaiters + configuration.size - busy else {
            return .refused(
                PostgresError(
                    .timeout, "all \(configuration.size) connections are busy and \(waiting.count) calls wait"))
        }
        waiting.append(job)
        guard waiting.count > threads - busy, threads < configuration.size else { return .queued }
        threads += 1
        return .startThread
    }

    /// The next job for a thread, which then counts as busy until it asks again.
    mutating func takeJob() -> PoolJob? {
        guard !waiting.isEmpty else { return nil }
        busy += 1
        return waiting.removeFirst()
    }

    mutating func finishJob() {
        busy -= 1
    }

    mutating func removeJob(_ id: UInt64) -> PoolJob? {
        guard let index = waiting.firstIndex(where: { $0.id == id }) else { return nil }
        return waiting.remove(at: index)
    }

    mutating func threadEnded() {
        threads -= 1
    }

    /// Gives back what waited, to be failed.
    mutating func beginStop() -> [PoolJob] {
        isStopping = true
        defer { waiting.removeAll() }
        return waiting
    }

    /// Why a new connection must not be tried yet. When it may, the next caller is told no, until this one has tried.
    mutating func reasonNotToConnect(now: ContinuousClock.Instant) -> PostgresError? {
        guard let outage else { return nil }
        if now < outage.retryAt { return outage.error }
        self.outage = Outage(error: outage.error, pause: outage.pause, retryAt: now.advanced(by: outage.pause))
        return nil
    }

    mutating func connected() {
        outage = nil
    }

    mutating func connectFailed(_ error: PostgresError, now: ContinuousClock.Instant) {
        let pause = min((outage?.pause ?? .milliseconds(50)) * 2, .seconds(5))
        let jittered = pause * Double.random(in: 0.8...1.2)
        outage = Outage(error: error, pause: pause, retryAt: now.advanced(by: jittered))
    }
}
