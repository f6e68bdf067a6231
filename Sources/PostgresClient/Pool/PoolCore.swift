internal import Synchronization
internal import Threads

/// The part of a pool that its threads hold on to, so that the pool itself may go while they end.
final class PoolCore: Sendable {
    private let conninfo: String
    private let options: ConnectionOptions
    private let configuration: ConnectionPool.Configuration
    private let state: Monitor<PoolState>
    private let lastID = Atomic<UInt64>(0)
    private let workers = Mutex<[Worker]>([])
    private let endWaiters = Mutex<[CheckedContinuation<Void, Never>]>([])

    private struct Worker {
        let thread: NamedThread
        /// Of whatever connection the thread has or makes.
        let canceller: Canceller
    }

    init(conninfo: String, options: ConnectionOptions, configuration: ConnectionPool.Configuration) {
        self.conninfo = conninfo
        self.options = options
        self.configuration = configuration
        state = Monitor(PoolState(configuration: configuration))
    }

    func makeID() -> UInt64 {
        lastID.add(1, ordering: .relaxed).newValue
    }

    func deadline() -> ContinuousClock.Instant {
        .now.advanced(by: configuration.waitTimeout)
    }

    func submit(_ job: PoolJob) {
        switch state.updateForOne({ $0.submit(job) }) {
        case .queued: break
        case .refused(let error): job.fail(error)
        case .startThread: startThread(for: job)
        }
    }

    func cancel(_ id: UInt64) {
        state.withLock { $0.removeJob(id) }?.fail(CancellationError())
    }

    func beginStop() {
        let waiting = state.update { $0.beginStop() }
        waiting.forEach { $0.fail(PostgresError(.closed, "the connection pool was stopped")) }
    }

    func cutConnections() {
        workers.withLock { $0 }.forEach { $0.canceller.cut() }
    }

    /// Returns when the last thread has closed its connection.
    func ended() async {
        await withCheckedContinuation { continuation in
            endWaiters.withLock { $0.append(continuation) }
            resumeEndWaitersIfEnded()
        }
    }

    /// After `ended`: the threads have at most a few instructions left.
    func joinThreads() {
        workers.withLock { workers in
            defer { workers.removeAll() }
            return workers
        }
        .forEach { $0.thread.join() }
    }

    private func resumeEndWaitersIfEnded() {
        guard state.withLock({ $0.threads == 0 }) else { return }
        let waiters = endWaiters.withLock { waiters in
            defer { waiters.removeAll() }
            return waiters
        }
        waiters.forEach { $0.resume() }
    }

    private func startThread(for job: PoolJob) {
        let canceller = Canceller()
        do {
            let thread = try NamedThread(configuration.name) { self.work(canceller) }
            workers.withLock { $0.append(Worker(thread: thread, canceller: canceller)) }
        } catch {
            state.withLock { $0.threadEnded() }
            // Another thread may have taken the job meanwhile, and then it is in good hands.
            state.withLock { $0.removeJob(job.id) }?.fail(error)
        }
    }
}

extension PoolCore {
    private enum Turn {
        case job(PoolJob)
        case stop
    }

    /// A thread's life: take a job, have a connection, run it.
    private func work(_ canceller: Canceller) {
        var connection: PostgresConnection?
        while case .job(let job)? = state.wait(for: nextTurn) {
            let completion = perform(job, &connection, canceller)
            state.withLock { $0.finishJob() }
            completion()
        }
        connection?.close()
        state.update { $0.threadEnded() }
        resumeEndWaitersIfEnded()
    }

    private func nextTurn(_ state: inout PoolState) -> Turn? {
        if let job = state.takeJob() { return .job(job) }
        return state.isStopping ? .stop : nil
    }

    private func perform(
        _ job: PoolJob, _ connection: inout PostgresConnection?, _ canceller: Canceller
    ) -> PoolJob.Completion {
        guard ContinuousClock.now < job.deadline else {
            let error = PostgresError(.timeout, "no connection became free within \(configuration.waitTimeout)")
            return { job.fail(error) }
        }
        do {
            let ready = try readyConnection(connection, canceller)
            connection = ready
            let completion = job.run(ready)
            if !leaveClean(ready) {
                ready.close()
                connection = nil
            }
            return completion
        } catch {
            connection = nil
            return { job.fail(error) }
        }
    }

    /// The thread's connection if it still stands, otherwise a new one.
    private func readyConnection(
        _ present: PostgresConnection?, _ canceller: Canceller
    ) throws(PostgresError) -> PostgresConnection {
        if let present {
            if present.isStillOpen() { return present }
            present.close()
        }
        if let reason = state.withLock({ $0.reasonNotToConnect(now: .now) }) { throw reason }
        do {
            let connection = try PostgresConnection(conninfo, options: options, canceller: canceller)
            state.withLock { $0.connected() }
            return connection
        } catch {
            state.withLock { $0.connectFailed(error, now: .now) }
            throw error
        }
    }

    /// Ends a transaction that the caller left open. Returns whether the connection is fit for the next one.
    private func leaveClean(_ connection: PostgresConnection) -> Bool {
        guard connection.isUsable else { return false }
        guard connection.isInTransaction else { return true }
        do {
            try connection.execute("rollback")
            return !connection.isInTransaction
        } catch {
            return false
        }
    }
}
