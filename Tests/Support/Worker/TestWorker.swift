package import DevMailbox
import Foundation
import Logging
package import NotifyCore
import PostgresClient
package import SMTPSender
import Templates

/// A worker on a database of its own with no more rights than the role `notify_worker` has, sending to a mailbox or to
/// relays of the test's choice.
package struct TestWorker: Sendable {
    package let database: TestDatabase
    package let settled: SettledEvents
    private let relayMailbox: DevMailbox?
    private let dispatcher: Dispatcher

    package struct Options: Sendable {
        package var lease: Duration = .seconds(60)
        package var schedule = "1s"
        package var connections = 4
        /// How long a check of a mail counts; nil: as in production.
        package var freshness: Duration?
        package var holdUnknown: Set<String> = []
        package var allowed: String?
        package var templates = TestWorker.templates
        package var drains = false
        package var relayPolicy = RelayPolicy.standard
        /// How long a stop waits for a database that does not answer.
        package var databasePatience = Duration.seconds(2)

        package init() {}
    }

    package static let templates = Checkout.root.appending(path: "templates").path(percentEncoded: false)

    /// The mailbox that it sends to, where it was started with one.
    package var mailbox: DevMailbox {
        guard let relayMailbox else { preconditionFailure("this worker sends to other relays") }
        return relayMailbox
    }

    package static func start(
        on database: TestDatabase, sendingTo mailbox: DevMailbox, _ options: Options = Options()
    ) async throws -> TestWorker {
        var relay = RelayConfiguration(host: "127.0.0.1", port: mailbox.smtpPort)
        relay.tls = .off
        relay.connections = options.connections
        if let freshness = options.freshness { relay.freshness = freshness }
        return try await start(on: database, relays: [relay], mailbox: mailbox, options)
    }

    package static func start(
        on database: TestDatabase, relays: [RelayConfiguration], _ options: Options = Options()
    ) async throws -> TestWorker {
        try await start(on: database, relays: relays, mailbox: nil, options)
    }

    private static func start(
        on database: TestDatabase, relays: [RelayConfiguration], mailbox: DevMailbox?, _ options: Options
    ) async throws -> TestWorker {
        let settled = SettledEvents()
        try await database.makeLogin("test_worker", in: "notify_worker")
        var configuration = configuration(on: database, relays: relays, options)
        configuration.observer = settled
        var logger = Logger(label: "test")
        logger.logLevel = ProcessInfo.processInfo.environment["TEST_LOG"] == nil ? .critical : .debug
        let dispatcher = Dispatcher(configuration, rules: try rules(options), logger: logger)
        try await onThread { try dispatcher.start() }
        return TestWorker(database: database, settled: settled, relayMailbox: mailbox, dispatcher: dispatcher)
    }

    package static func configuration(
        on database: TestDatabase, relays: [RelayConfiguration], _ options: Options = Options()
    ) -> Dispatcher.Configuration {
        var configuration = Dispatcher.Configuration(
            databaseURL: database.conninfo(user: "test_worker"),
            listenURL: database.direct.conninfo(user: "test_worker"), relays: relays, lease: options.lease)
        configuration.relayPolicy = options.relayPolicy
        configuration.drains = options.drains
        configuration.databasePatience = options.databasePatience
        return configuration
    }

    package static func rules(_ options: Options = Options()) throws -> DeliveryRules {
        DeliveryRules(
            catalogue: try TemplateCatalogue.load(directory: options.templates, contracts: KindContract.events),
            identity: try MailIdentity(
                from: "Example Support <notify@example.com>", publicURL: "https://notify.example.com"),
            keyRing: try KeyRing(parsing: "uzxvDKTvrT8T8i8ZXjgPdKcvTbXzrJ3p7aZ2XvGvAeE="),
            allowed: try options.allowed.map { try AddressAllowList(parsing: $0) },
            schedule: try RetrySchedule(parsing: options.schedule), holdUnknown: options.holdUnknown)
    }

    @discardableResult
    package func stop(within grace: Duration = .seconds(20)) async throws -> Dispatcher.StopReport {
        let dispatcher = dispatcher
        return try await onThread { dispatcher.stop(within: grace) }
    }

    /// How the drain ended; nil when it did not within `timeout`.
    package func waitForDrain(timeout: Duration) async throws -> DrainWatch.Result? {
        try await withThrowingTaskGroup(of: DrainWatch.Result?.self) { [dispatcher] group in
            group.addTask { await dispatcher.drain?.end() }
            group.addTask {
                try await Task.sleep(for: timeout)
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }

    /// Why the relays take nothing, as `/readyz` tells it; nil while they can be used.
    package var relayFault: String? {
        dispatcher.readiness.first { $0.name == "relay" }?.reason
    }

    /// Why the database cannot be used, likewise.
    package var databaseFault: String? {
        dispatcher.readiness.first { $0.name == "database" }?.reason
    }

    /// Waits until that is as wanted.
    package func waitForDatabaseFault(_ isWanted: @escaping @Sendable (String?) -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        try await database.withConnection { connection in
            while !isWanted(databaseFault) {
                guard ContinuousClock.now < deadline else {
                    throw PostgresConnection.NeverHeld(condition: "another fault than \(databaseFault ?? "none")")
                }
                try connection.wait(milliseconds: 10)
            }
        }
    }

    /// Outcome and reason of an event, as `sent` or `skipped: preference_off`; waits for it.
    package func outcome(of eventID: Int64) async throws -> String {
        try await settled.outcome(of: eventID)
        let query = "select concat_ws(': ', outcome, reason) from notify.deliveries where event_id = \(eventID)"
        let outcomes = try await database.column(query).compactMap(\.self)
        return outcomes.count == 1 ? outcomes[0] : "\(outcomes.count) outcomes: \(outcomes)"
    }

    /// Waits until every event has its outcome, as the database has it: what was settled just before a session was lost
    /// is not reported by the worker.
    package func waitUntilQueueIsEmpty() async throws {
        try await database.withConnection { try $0.wait(until: "select not exists (select from notify.events)") }
    }

    /// Enqueues and gives the event's id.
    @discardableResult
    package func enqueue(_ call: String) async throws -> Int64 {
        try Int64(await database.value(call) ?? "") ?? 0
    }
}
