internal import Synchronization

/// Lends connections to async callers. Each belongs to a thread of the pool, and the closures run there: libpq's calls
/// block, and must not do so on Swift's cooperative pool.
///
/// Threads and connections come with the first work and stay. While the database is away every call fails at once with
/// the reason, but for one try after each back-off (100 ms doubling to 5 s, jittered).
package final class ConnectionPool: Sendable {
    package struct Configuration: Sendable {
        /// Shown as the threads' name.
        package var name: String
        /// Threads, and so connections, at most.
        package var size: Int
        /// Calls that may wait for a connection; one more fails with `timeout` at once.
        package var maximumWaiters: Int
        /// A call that waited longer fails with `timeout` in place of being run. Seen when its turn comes, so it needs
        /// statements that end: set `ConnectionOptions.statementTimeout`.
        package var waitTimeout: Duration

        package init(
            name: String = "pg-pool", size: Int = 4, maximumWaiters: Int = 256, waitTimeout: Duration = .seconds(10)
        ) {
            precondition(size > 0, "a pool has at least one connection")
            self.name = name
            self.size = size
            self.maximumWaiters = maximumWaiters
            self.waitTimeout = waitTimeout
        }
    }

    private let core: PoolCore

    package init(
        _ conninfo: String, options: ConnectionOptions = ConnectionOptions(),
        configuration: Configuration = Configuration()
    ) {
        core = PoolCore(conninfo: conninfo, options: options, configuration: configuration)
    }

    deinit {
        core.beginStop()
    }

    /// Runs `body` with a connection, on a thread of the pool, and gives its result.
    ///
    /// A transaction that `body` leaves open is rolled back. A task that is cancelled while it waits gets a
    /// `CancellationError`; once `body` runs it runs to its end.
    ///
    /// - Throws: what `body` throws; `connection` when the database cannot be reached; `timeout` when all connections are
    ///   busy for too long; `closed` after `stop`.
    package func withConnection<Result: Sendable>(
        _ body: @escaping @Sendable (PostgresConnection) throws -> Result
    ) async throws -> Result {
        let id = core.makeID()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Result, any Error>) in
                let job = PoolJob(id: id, deadline: core.deadline()) { outcome in
                    let result = Swift.Result { try body(outcome.get()) }
                    return { continuation.resume(with: result) }
                }
                if Task.isCancelled {
                    job.fail(CancellationError())
                } else {
                    core.submit(job)
                }
            }
        } onCancel: {
            core.cancel(id)
        }
    }

    /// When a call that comes now has waited for too long.
    var deadline: ContinuousClock.Instant { core.deadline() }

    /// Runs `body` as ``withConnection(_:)`` does, for a caller that is no task: with a connection, or with the reason why
    /// there is none. What it returns is run when the connection is free and clean again.
    func perform(_ body: @escaping @Sendable (Result<PostgresConnection, any Error>) -> PoolJob.Completion) {
        core.submit(PoolJob(id: core.makeID(), deadline: core.deadline(), body: body))
    }

    /// Fails all that wait, lets what runs come to its end, and closes the connections. Returns when the last thread has
    /// ended; what still runs after `grace` is cut off.
    package func stop(grace: Duration = .seconds(5)) async {
        core.beginStop()
        let cutting = Task { [core] in
            try await Task.sleep(for: grace)
            core.cutConnections()
        }
        await core.ended()
        cutting.cancel()
        core.joinThreads()
    }
}

/// One call that waits for a connection. Exactly one of `run` and `fail` is called, once.
struct PoolJob: Sendable {
    /// Tells the caller the result.
    typealias Completion = @Sendable () -> Void

    let id: UInt64
    let deadline: ContinuousClock.Instant
    private let body: @Sendable (Result<PostgresConnection, any Error>) -> Completion

    init(
        id: UInt64, deadline: ContinuousClock.Instant,
        body: @escaping @Sendable (Result<PostgresConnection, any Error>) -> Completion
    ) {
        self.id = id
        self.deadline = deadline
        self.body = body
    }

    /// Does the work. The completion is to be called when the connection is free and clean again: the caller may count on
    /// both.
    func run(_ connection: PostgresConnection) -> Completion { body(.success(connection)) }

    func fail(_ error: any Error) { body(.failure(error))() }
}
