import DevMailbox
import Foundation
import Logging
import NotifyCore
import PostgresClient
import SMTPSender
import Synchronization
import Templates
import TestSupport

/// A worker on a database and a mailbox of its own, with no more rights than the role `notify_worker` has.
struct TestWorker: Sendable {
    let database: TestDatabase
    let mailbox: DevMailbox
    let settled: SettledEvents
    private let dispatcher: Dispatcher

    struct Options: Sendable {
        var lease: Duration = .seconds(60)
        var schedule = "1s"
        var connections = 4
        var holdUnknown: Set<String> = []
        var allowed: String?
        var templates = TestWorker.templates
        var drains = false
    }

    static let templates = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("templates").path

    static func start(
        on database: TestDatabase, sendingTo mailbox: DevMailbox, _ options: Options = Options()
    ) async throws -> TestWorker {
        let settled = SettledEvents()
        var relay = RelayConfiguration(host: "127.0.0.1", port: mailbox.smtpPort)
        relay.tls = .off
        relay.connections = options.connections
        var configuration = Dispatcher.Configuration(
            databaseURL: "\(database.conninfo) options='-c role=notify_worker'", relays: [relay], lease: options.lease)
        configuration.drains = options.drains
        configuration.observer = settled
        let rules = DeliveryRules(
            catalogue: try TemplateCatalogue.load(directory: options.templates),
            identity: try MailIdentity(
                from: "Example Support <notify@example.com>", publicURL: "https://notify.example.com"),
            keyRing: try KeyRing(parsing: "uzxvDKTvrT8T8i8ZXjgPdKcvTbXzrJ3p7aZ2XvGvAeE="),
            allowed: try options.allowed.map { try AddressAllowList(parsing: $0) },
            schedule: try RetrySchedule(parsing: options.schedule), holdUnknown: options.holdUnknown)
        var logger = Logger(label: "test")
        logger.logLevel = ProcessInfo.processInfo.environment["TEST_LOG"] == nil ? .critical : .debug
        let dispatcher = Dispatcher(configuration, rules: rules, logger: logger)
        try await onThread { try dispatcher.start() }
        return TestWorker(database: database, mailbox: mailbox, settled: settled, dispatcher: dispatcher)
    }

    @discardableResult
    func stop(within grace: Duration = .seconds(20)) async throws -> Dispatcher.StopReport {
        let dispatcher = dispatcher
        return try await onThread { dispatcher.stop(within: grace) }
    }

    func waitForDrain(timeout: Duration) async throws -> DrainWatch.Result? {
        let dispatcher = dispatcher
        return try await onThread { dispatcher.drain?.wait(timeout: timeout) }
    }

    /// Outcome and reason of an event, as `sent` or `skipped: preference_off`; waits for it.
    func outcome(of eventID: Int64) async throws -> String {
        try await settled.outcome(of: eventID)
        let query = "select concat_ws(': ', outcome, reason) from notify.deliveries where event_id = \(eventID)"
        let outcomes = try await database.column(query).compactMap(\.self)
        return outcomes.count == 1 ? outcomes[0] : "\(outcomes.count) outcomes: \(outcomes)"
    }

    /// Waits until every event has its outcome, as the database has it: what was settled just before a session was lost
    /// is not reported by the worker.
    func waitUntilQueueIsEmpty() async throws {
        try await database.withConnection { try $0.wait(until: "select not exists (select from notify.events)") }
    }

    /// Enqueues and gives the event's id.
    @discardableResult
    func enqueue(_ call: String) async throws -> Int64 {
        try Int64(await database.value(call) ?? "") ?? 0
    }
}

/// What a worker settled so far, to wait for.
final class SettledEvents: DeliveryObserver {
    private let state = Monitor<(outcomes: [Int64: Outcome], releases: [Int64: Int])>(([:], [:]))

    func settled(_ events: [SettledEvent]) {
        state.update { state in
            for event in events {
                if let outcome = event.outcome {
                    state.outcomes[event.eventID] = outcome
                } else {
                    state.releases[event.eventID, default: 0] += 1
                }
            }
        }
    }

    struct Timeout: Error, CustomStringConvertible {
        let description: String
    }

    @discardableResult
    func outcome(of eventID: Int64, within limit: Duration = .seconds(20)) async throws -> Outcome {
        try await wait(limit, "event \(eventID) has no outcome") { $0.outcomes[eventID] }
    }

    /// Waits until the event went back to the queue `count` times.
    func release(of eventID: Int64, count: Int = 1, within limit: Duration = .seconds(20)) async throws {
        try await wait(limit, "event \(eventID) was not given back \(count) times") {
            ($0.releases[eventID] ?? 0) >= count ? true : nil
        }
    }

    func count(_ count: Int, within limit: Duration = .seconds(30)) async throws {
        try await wait(limit, "fewer than \(count) outcomes") { $0.outcomes.count >= count ? true : nil }
    }

    @discardableResult
    private func wait<Result: Sendable>(
        _ limit: Duration, _ complaint: String,
        _ condition: @escaping @Sendable ((outcomes: [Int64: Outcome], releases: [Int64: Int])) -> Result?
    ) async throws -> Result {
        let state = state
        let result = try await onThread { state.wait(timeout: limit) { condition($0) } }
        guard let result else { throw Timeout(description: "\(complaint) after \(limit)") }
        return result
    }
}

/// Runs `body` with a directory of a few users, a mailbox and a worker, and stops all of it afterwards.
func withWorker(
    faults: [FaultRule] = [], _ options: TestWorker.Options = TestWorker.Options(),
    prepare: (TestDatabase) async throws -> Void = { _ in }, _ body: (TestWorker) async throws -> Void
) async throws {
    try await withTestDatabase(.directory) { database in
        var configuration = MailboxConfiguration()
        configuration.faults = faults
        try await DevMailbox.with(configuration) { mailbox in
            try await prepare(database)
            let worker = try await TestWorker.start(on: database, sendingTo: mailbox, options)
            do {
                try await body(worker)
            } catch {
                try await worker.stop(within: .seconds(1))
                throw error
            }
            try await worker.stop()
        }
    }
}
