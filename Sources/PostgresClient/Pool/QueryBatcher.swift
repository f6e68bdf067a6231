internal import Synchronization

/// Runs many small queries as one: what arrives while a batch is under way goes out together in the next.
///
/// A lone query is not held back for company. Under load a round trip, a transaction and its flush to disk are shared
/// by up to `limit` queries, which is where the time of small statements goes.
package final class QueryBatcher<Query: Sendable, Answer: Sendable>: Sendable {
    /// Answers all queries in their order, as one statement or transaction. When it throws for several at once, each is
    /// run again on its own, so that one bad query fails alone; it must therefore change nothing when it throws. A lock or
    /// a statement that took too long is nobody's fault in particular: all of them fail by it.
    package typealias Body = @Sendable ([Query], PostgresConnection) throws -> [Answer]

    private struct Waiting {
        let query: Query
        let deadline: ContinuousClock.Instant
        let continuation: CheckedContinuation<Answer, any Error>
    }

    private struct State {
        var waiting: [Waiting] = []
        var running = 0
    }

    private let pool: ConnectionPool
    private let limit: Int
    private let maximumWaiting: Int
    private let maximumRunning: Int
    private let body: Body
    private let state = Mutex(State())

    /// - Parameters:
    ///   - limit: Queries in one batch at most.
    ///   - maximumRunning: Batches under way at once, each on a connection of its own.
    ///   - maximumWaiting: Queries that may wait; one more fails with `timeout` at once.
    package init(
        _ pool: ConnectionPool, limit: Int = 128, maximumRunning: Int = 1, maximumWaiting: Int = 4_096,
        body: @escaping Body
    ) {
        self.pool = pool
        self.limit = limit
        self.maximumRunning = maximumRunning
        self.maximumWaiting = maximumWaiting
        self.body = body
    }

    /// Queries that wait for a batch.
    var waitingCount: Int { state.withLock { $0.waiting.count } }

    /// - Throws: what the body throws for this query, or why the pool has no connection; `timeout` when it waited for longer
    ///   than a call to the pool may.
    package func run(_ query: Query) async throws -> Answer {
        let deadline = pool.deadline
        return try await withCheckedThrowingContinuation { continuation in
            let hasRoom = state.withLock { state in
                guard state.waiting.count < maximumWaiting else { return false }
                state.waiting.append(Waiting(query: query, deadline: deadline, continuation: continuation))
                return true
            }
            if hasRoom {
                startBatch()
            } else {
                continuation.resume(
                    throwing: PostgresError(.timeout, "\(maximumWaiting) queries wait for PostgreSQL already"))
            }
        }
    }

    /// By a task, which runs after all that are ready to run now: what they ask for goes along.
    private func startBatch() {
        let mayStart = state.withLock { state in
            guard state.running < maximumRunning, !state.waiting.isEmpty else { return false }
            state.running += 1
            return true
        }
        if mayStart { Task { runBatch() } }
    }

    private func runBatch() {
        pool.perform { connection in
            // Only now: what came while the thread woke up goes along.
            let batch = self.takeBatch()
            let now = ContinuousClock.now
            let late = batch.filter { now >= $0.deadline }
            let timely = late.isEmpty ? batch : batch.filter { now < $0.deadline }
            let answers = timely.isEmpty ? [] : self.answers(to: timely.map { $0.query }, connection)
            return {
                for (waiting, answer) in zip(timely, answers) { waiting.continuation.resume(with: answer) }
                let error = PostgresError(.timeout, "PostgreSQL was busy with other queries for too long")
                for waiting in late { waiting.continuation.resume(throwing: error) }
                self.state.withLock { $0.running -= 1 }
                self.startBatch()
            }
        }
    }

    /// Empty where another batch that started meanwhile took all.
    private func takeBatch() -> [Waiting] {
        state.withLock { state in
            let batch = Array(state.waiting.prefix(limit))
            state.waiting.removeFirst(batch.count)
            return batch
        }
    }

    private func answers(
        to queries: [Query], _ connection: Result<PostgresConnection, any Error>
    ) -> [Result<Answer, any Error>] {
        do {
            let answers = try body(queries, connection.get())
            precondition(answers.count == queries.count, "a batch gives one answer for each query")
            return answers.map { .success($0) }
        } catch let error as PostgresError where queries.count > 1 && error.isServerError {
            return queries.flatMap { answers(to: [$0], connection) }
        } catch {
            return queries.map { _ in .failure(error) }
        }
    }
}

extension PostgresError {
    /// Whether the server refused the statement for what is in it, over a connection that still stands.
    fileprivate var isServerError: Bool {
        guard case .server = code, !isConnectionLost else { return false }
        return !isTransient || sqlState == .deadlockDetected
    }
}
