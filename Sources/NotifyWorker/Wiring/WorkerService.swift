import Logging
import NotifyAPI
import NotifyCore
import PostgresClient
import ServiceLifecycle
import Synchronization
import Threads

/// The delivery path as a service: started once the database answers, stopped when its group is.
///
/// Starting and stopping block, so each happens on a thread of its own and never on Swift's pool.
struct WorkerService: Service {
    let dispatcher: Dispatcher
    let grace: StopGrace
    let readiness: WorkerReadiness
    /// Made once after the start: a URL of another database gives no error, only events that are found late.
    let notifications: NotificationCheck?
    let logger: Logger

    func run() async throws {
        guard try await start() else { return }
        readiness.set(.running)
        let check = Task { await warnIfDeaf() }
        defer { check.cancel() }
        let drained = await waitForEnd()
        grace.begin()
        readiness.set(.stopping)
        let report = try await Blocking.run("stop") { dispatcher.stop(within: grace.duration) }
        if report.unsettled > 0 {
            logger.warning(
                "stopped with events unsettled; their lease runs out",
                metadata: ["events": .stringConvertible(report.unsettled)])
        }
        if case .noRelay(let reason) = drained {
            throw CommandFailure("the queue is not drained: no relay could be used for 30 s (\(reason))")
        }
    }

    /// Tries until the database answers; false when a stop came first.
    ///
    /// A database that is away at start is awaited like one that goes away later. What only a person can mend, such as
    /// missing migrations, ends the process instead.
    private func start() async throws -> Bool {
        var pause = Duration.milliseconds(500)
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            do {
                try await withGracefulShutdownHandler {
                    try await Blocking.run("start") { try dispatcher.start() }
                } onGracefulShutdown: {
                    grace.begin()
                    dispatcher.abandonStart()
                }
                return true
            } catch  where Task.isShuttingDownGracefully {
                // Its start was abandoned; whatever else was wrong, nobody waits for it any more.
                return false
            } catch let error as JournalError {
                throw CommandFailure(
                    "\(error)", mend: "Set NOTIFY_JOURNAL_DIR to a directory that this user may write, or leave it out."
                )
            } catch let error as PostgresError where error.isTransient {
                readiness.set(.waiting(reason: error.publicReason))
                logger.warning(
                    "cannot start yet; trying again",
                    metadata: ["error": "\(error)", "retry_in": "\(pause.logText)"])
                // Ends early, with an error of no interest, when a stop is asked for.
                try? await cancelWhenGracefulShutdown { [pause] in try await Task.sleep(for: pause) }
                pause = min(pause * 2, .seconds(15))
            }
        }
        return false
    }

    private func warnIfDeaf() async {
        guard let notifications else { return }
        let finding = try? await Blocking.run("notifications") { try notifications.finding() }
        guard let finding, finding.status == .wrong else { return }
        logger.warning(
            "notifications are not heard; polling meanwhile", metadata: ["error": .string(finding.message)])
    }

    /// Until a stop is asked for, or the drain is over.
    private func waitForEnd() async -> DrainWatch.Result? {
        guard let drain = dispatcher.drain else {
            try? await gracefulShutdown()
            return nil
        }
        return await cancelWhenGracefulShutdown { await drain.end() }
    }
}

/// Where the worker stands, as `/readyz` tells it.
final class WorkerReadiness: Sendable {
    enum State: Sendable {
        case starting
        /// For the database.
        case waiting(reason: String)
        case running
        case stopping
    }

    private let state = Mutex(State.starting)
    private let parts: @Sendable () -> [ReadinessPart]

    /// - Parameter parts: What the running worker says of its database and relays.
    init(parts: @escaping @Sendable () -> [ReadinessPart]) {
        self.parts = parts
    }

    func set(_ new: State) {
        state.withLock { $0 = new }
    }

    var current: [ReadinessPart] {
        switch state.withLock({ $0 }) {
        case .starting: [ReadinessPart(name: "worker", isReady: false, reason: "starting")]
        case .waiting(let reason): [ReadinessPart(name: "database", isReady: false, reason: reason)]
        case .running: [ReadinessPart(name: "worker", isReady: true)] + parts()
        case .stopping: [ReadinessPart(name: "worker", isReady: false, reason: "stopping")]
        }
    }
}
