import DevMailbox
import NotifyCore
import TestSupport
import Testing

@Suite("A relay that suddenly refuses everything", .timeLimit(.minutes(3)))
struct RefusingRelayTests {
    struct Refusal: Sendable, CustomTestStringConvertible {
        let stage: FaultRule.Stage
        let code: Int
        let enhancedCode: String
        var testDescription: String { "\(code) \(enhancedCode) at \(stage)" }

        var rule: FaultRule { FaultRule(stage, .reply(code, enhancedCode, "Not today")) }
    }

    static let refusals = [
        Refusal(stage: .mail, code: 530, enhancedCode: "5.7.0"),
        Refusal(stage: .rcpt, code: 530, enhancedCode: "5.7.0"),
        Refusal(stage: .mail, code: 550, enhancedCode: "5.7.1"),
        Refusal(stage: .rcpt, code: 550, enhancedCode: "5.7.1"),
        Refusal(stage: .dot, code: 550, enhancedCode: "5.7.1"), Refusal(stage: .rcpt, code: 554, enhancedCode: "5.7.1"),
        Refusal(stage: .greeting, code: 554, enhancedCode: "5.3.2"),
    ]

    private static let backlog = 50

    private var options: TestWorker.Options {
        var options = TestWorker.Options()
        options.relayPolicy.shortestPause = .milliseconds(200)
        options.relayPolicy.longestPause = .milliseconds(400)
        return options
    }

    @Test("burns nothing of a backlog, is left alone, and gets all of it once it is well", arguments: refusals)
    func fromTheStart(refusal: Refusal) async throws {
        try await withWorker(faults: [refusal.rule]) { worker in
            let ids = try await enqueue(in: worker.database)
            try await worker.settled.turns(of: ids.count)
            #expect(worker.relayFault?.contains("\(refusal.code)") == true, "\(worker.relayFault ?? "no fault")")
            #expect(try await worker.database.value("select count(*) from notify.deliveries") == "0")
            #expect(try await worker.database.value("select max(attempts) from notify.events") == "0")
            #expect(worker.mailbox.state.mailCount == 0)
            worker.mailbox.faults.set([])
            try await worker.settled.count(ids.count, within: .seconds(60))
            #expect(try await outcomes(in: worker.database) == ["sent 1: \(ids.count)"])
            #expect(worker.mailbox.state.mailCount == ids.count)
            #expect(worker.relayFault == nil)
        }
    }

    @Test("after it accepted mail fails at most ten, then is paused with an alarm; the others arrive when it is well")
    func afterAcceptance() async throws {
        try await withWorker { worker in
            let good = try await enqueue(in: worker.database)
            try await worker.settled.count(good.count)
            worker.mailbox.faults.set([FaultRule(.rcpt, .reply(550, "5.7.1", "Not today"))])
            let ids = try await enqueue(Self.backlog..<2 * Self.backlog, in: worker.database)
            try await worker.settled.turns(of: good.count + ids.count)
            #expect(worker.relayFault?.contains("550 5.7.1") == true, "\(worker.relayFault ?? "no fault")")
            let query = "select count(*) from notify.deliveries where outcome = 'failed'"
            let failed = Int(try await worker.database.value(query) ?? "") ?? -1
            #expect((1...10).contains(failed))
            worker.mailbox.faults.set([])
            try await worker.settled.count(good.count + ids.count, within: .seconds(60))
            #expect(try await worker.database.value(query) == "\(failed)")
            #expect(worker.mailbox.state.mailCount == good.count + ids.count - failed)
        }
    }

    private func withWorker(faults: [FaultRule] = [], _ body: (TestWorker) async throws -> Void) async throws {
        var configuration = MailboxConfiguration()
        configuration.faults = faults
        try await withTestDatabase(.fixtureDirectory) { database in
            try await DevMailbox.with(configuration) { mailbox in
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

    private func enqueue(_ range: Range<Int> = 0..<backlog, in database: TestDatabase) async throws -> [Int64] {
        try await EventFixture().plain(range).enqueue(in: database)
    }

    private func outcomes(in database: TestDatabase) async throws -> [String?] {
        try await database.column(
            """
            select concat(outcome, ' ', attempts, ': ', count(*)) from notify.deliveries group by outcome, attempts
            """)
    }
}
