import DevMailbox
import SMTPSender
import TestSupport
import Testing

@testable import NotifyCore

@Suite("A worker with two relays")
struct RelayFailoverTests {
    private static let faults: [FaultRule] = [
        FaultRule(.mail, .reply(530, "5.7.0")), FaultRule(.mail, .reply(421, "4.3.2")), FaultRule(.mail, .close),
        FaultRule(.rcpt, .reply(550, "5.7.1")), FaultRule(.dot, .reply(452, "4.3.1")),
        FaultRule(.greeting, .reply(554, "5.3.2")), FaultRule(.greeting, .close), FaultRule(.greeting, .silence),
    ]

    @Test(
        "sends all through the second when the first takes nothing, none twice and none after a wait", arguments: faults
    )
    func firstIsIll(fault: FaultRule) async throws {
        try await withRelays(faults: [fault], Self.withoutReturn) { worker, _, second in
            try await Self.enqueueTickets(30, in: worker.database)
            try await worker.settled.count(30)
            try await worker.stop()
            #expect(second.state.mailCount == 30)
            #expect(try await worker.database.value("select count(*) from notify.attempts") == "0")
            let outcomes = try await worker.database.column(
                "select concat_ws(' ', outcome, attempts, count(*)) from notify.deliveries group by outcome, attempts")
            #expect(outcomes == ["sent 1 30"])
        }
    }

    @Test("sends through the second what waits behind mails that the first leaves without an answer")
    func firstIsSilent() async throws {
        try await withRelays(faults: [FaultRule(.data, .silence)], Self.withoutReturn) { worker, _, second in
            try await Self.enqueueTickets(30, in: worker.database)
            // One connection of four is kept for account mails.
            try await worker.settled.count(27)
            #expect(second.state.mailCount == 27)
            try await worker.stop(within: .seconds(1))
        }
    }

    /// A relay that was left alone, and an event that waits for one, are not seen again in the test.
    private static var withoutReturn: TestWorker.Options {
        var options = TestWorker.Options()
        options.relayPolicy.shortestPause = .seconds(3_600)
        options.relayPolicy.longestPause = .seconds(3_600)
        return options
    }

    @Test("sends all through the second when nothing listens on the first")
    func firstIsGone() async throws {
        try await withRelays(Self.withoutReturn) { worker, first, second in
            await first.suspend()
            try await Self.enqueueTickets(30, in: worker.database)
            try await worker.settled.count(30)
            try await worker.stop()
            #expect(second.state.mailCount == 30)
            #expect(try await worker.database.value("select count(*) from notify.attempts") == "0")
        }
    }

    @Test("comes back to the first once a probe of it was accepted")
    func firstRecovers() async throws {
        var options = TestWorker.Options()
        options.relayPolicy.shortestPause = .milliseconds(100)
        options.relayPolicy.longestPause = .milliseconds(200)
        try await withRelays(faults: [FaultRule(.mail, .reply(530, "5.7.0"))], options) { worker, first, second in
            try await Self.enqueueTickets(5, in: worker.database)
            try await worker.settled.count(5)
            #expect(second.state.mailCount == 5)
            first.faults.set([])
            var sent = 5
            while first.state.mailCount < 2, sent < 200 {
                try await Self.enqueueTickets(1, in: worker.database)
                sent += 1
                try await worker.settled.count(sent)
            }
            #expect(first.state.mailCount == 2)
            #expect(first.state.mailCount + second.state.mailCount == sent)
        }
    }

    struct Obstacle: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let extensions: [String]
        var faults: [FaultRule] = []
        let reason: String
    }

    private static let obstacles = [
        Obstacle(
            testDescription: "no SMTPUTF8", extensions: ["PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES"],
            reason: "smtputf8_unsupported"),
        Obstacle(
            testDescription: "5.6.7 to RCPT", extensions: MailboxConfiguration.defaultExtensions,
            faults: [FaultRule(.rcpt, .reply(553, "5.6.7"))], reason: "smtputf8_unsupported"),
        Obstacle(
            testDescription: "SIZE too small", extensions: ["PIPELINING", "SMTPUTF8", "8BITMIME", "SIZE 1000"],
            reason: "message_refused"),
    ]

    @Test("sends through the second what the first cannot carry", arguments: obstacles)
    func firstIsUnfit(obstacle: Obstacle) async throws {
        try await withRelays(faults: obstacle.faults, extensions: obstacle.extensions) { worker, first, second in
            let id = try await worker.enqueue(enqueueTicket())
            #expect(try await worker.outcome(of: id) == "sent")
            try await worker.stop()
            #expect(first.state.mailCount == 0)
            #expect(second.state.mails.flatMap(\.recipients) == ["jörg@example.com"])
            #expect(try await worker.database.value("select attempts from notify.deliveries") == "1")
            let detail = try await worker.database.value("select detail from notify.deliveries") ?? ""
            #expect(detail.hasPrefix("handed on by 127.0.0.1:\(first.smtpPort): "), "\(detail)")
        }
    }

    @Test("fails what neither can carry, at once and without a charge")
    func bothAreUnfit() async throws {
        let extensions = Self.obstacles[0].extensions
        try await withRelays(extensions: extensions, secondExtensions: extensions) { worker, first, second in
            let id = try await worker.enqueue(enqueueTicket())
            #expect(try await worker.outcome(of: id) == "failed: smtputf8_unsupported")
            #expect(try await worker.database.value("select attempts from notify.deliveries") == "0")
            #expect(first.state.mailCount + second.state.mailCount == 0)
        }
    }

    @Test("keeps what only the second can carry until that one is well")
    func secondIsIll() async throws {
        var options = TestWorker.Options()
        options.relayPolicy.shortestPause = .milliseconds(100)
        options.relayPolicy.longestPause = .milliseconds(200)
        try await withRelays(extensions: Self.obstacles[0].extensions, options) { worker, _, second in
            second.faults.set([FaultRule(.mail, .reply(530, "5.7.0"))])
            let id = try await worker.enqueue(enqueueTicket())
            try await worker.settled.release(of: id, count: 2)
            second.faults.set([])
            #expect(try await worker.outcome(of: id) == "sent")
            #expect(second.state.mailCount == 1)
        }
    }

    /// Three users, of whom the first has an address that needs SMTPUTF8.
    private func withRelays(
        faults: [FaultRule] = [], extensions: [String]? = nil, secondExtensions: [String]? = nil,
        _ options: TestWorker.Options = TestWorker.Options(),
        _ body: (TestWorker, DevMailbox, DevMailbox) async throws -> Void
    ) async throws {
        var first = MailboxConfiguration()
        first.faults = faults
        if let extensions { first.extensions = extensions }
        var second = MailboxConfiguration()
        if let secondExtensions { second.extensions = secondExtensions }
        try await withTestDatabase(.directory) { database in
            try await database.execute("select notify.upsert_user('\(ada)', 'jörg@example.com', 'Jörg')")
            try await DevMailbox.with(first) { first in
                try await DevMailbox.with(second) { second in
                    let relays = [first, second]
                        .map { mailbox in
                            var relay = RelayConfiguration(host: "127.0.0.1", port: mailbox.smtpPort)
                            relay.tls = .off
                            relay.connections = 4
                            relay.patience = .seconds(1)
                            return relay
                        }
                    let worker = try await TestWorker.start(on: database, relays: relays, options)
                    do {
                        try await body(worker, first, second)
                    } catch {
                        try await worker.stop(within: .seconds(1))
                        throw error
                    }
                    try await worker.stop()
                }
            }
        }
    }

    private static func enqueueTickets(_ count: Int, in database: TestDatabase) async throws {
        try await database.execute(
            "begin; \(repeatElement(enqueueTicket(bob), count: count).joined(separator: "; ")); commit")
    }
}
