import Logging
import SMTPSender
import Synchronization
import TestSupport
import Testing
import Threads

@testable import NotifyCore

@Suite("Starting a worker")
struct StartTests {
    @Test(
        "A start that fails halfway ends every thread that it began, and signs off",
        arguments: ["settler", "checker", "composer", "keeper", "waker", "claimer"])
    func failsHalfway(thread missing: String) async throws {
        try await withTestDatabase(.directory) { database in
            try await database.makeLogin("test_worker", in: "notify_worker")
            let threads = SomeThreads(without: missing)
            let dispatcher = Dispatcher(
                TestWorker.configuration(
                    on: database, relays: [RelayConfiguration(host: "127.0.0.1", port: 1)]),
                rules: try TestWorker.rules(), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
                startThread: threads.start)
            await #expect(throws: NoThread.self) {
                try await onThread { () throws in try dispatcher.start() }
            }
            #expect(threads.running.withLock { $0 } == [])
            #expect(try await database.value("select count(*) from notify.workers") == "0")
            // Nothing is left for a stop to do.
            let report = try await onThread { dispatcher.stop(within: .zero) }
            #expect(report.unsettled == 0)
        }
    }

    private struct NoThread: Error {}

    /// Starts threads, all but one, and knows which of them run.
    private final class SomeThreads: Sendable {
        let running = Mutex<Set<String>>([])
        private let missing: String

        init(without missing: String) {
            self.missing = missing
        }

        @Sendable func start(_ name: String, _ body: @escaping @Sendable () -> Void) throws -> NamedThread {
            guard name != missing else { throw NoThread() }
            running.withLock { _ = $0.insert(name) }
            return try NamedThread(name) { [self] in
                body()
                running.withLock { _ = $0.remove(name) }
            }
        }
    }
}
