import DevMailbox
import Testing

@testable import SMTPSender

/// One fault at one point of a real conversation: the mail that meets it gets the exact result, the next one goes out.
@Suite("A lane that meets a fault")
struct LaneFaultTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let rule: FaultRule
        let expected: String
        /// Silence is to be noticed within the test; nothing else may run into a timeout on a busy machine.
        let timeout: Duration

        init(_ name: String, _ stage: FaultRule.Stage, _ action: FaultRule.Action, _ expected: String) {
            testDescription = name
            timeout = name.hasPrefix("silence") ? .seconds(6) : .seconds(60)
            rule = FaultRule(stage, .nth(1), action)
            self.expected = expected
        }
    }

    static let cases = [
        Case("MAIL 451", .mail, .reply(451), "refused 451 mail"),
        Case("MAIL 550", .mail, .reply(550, "5.7.1"), "refused 550 mail"),
        Case("MAIL 421", .mail, .reply(421), "refused 421 mail"),
        Case("MAIL 530", .mail, .reply(530, "5.7.0"), "refused 530 mail"),
        Case("RCPT 450", .rcpt, .reply(450), "refused 450 rcpt"),
        Case("RCPT 550", .rcpt, .reply(550, "5.1.1"), "refused 550 rcpt"),
        Case("RCPT 421", .rcpt, .reply(421), "refused 421 rcpt"),
        Case("DATA 451", .data, .reply(451), "refused 451 data"),
        Case("DATA 554", .data, .reply(554, "5.7.1"), "refused 554 data"),
        Case("dot 452", .dot, .reply(452, "4.3.1"), "refused 452 dot"),
        Case("dot 554", .dot, .reply(554, "5.7.1"), "refused 554 dot"),
        Case("dot 421", .dot, .reply(421), "refused 421 dot"),
        // Behind a joined group a close may mean the group: the mail is sent again, in turn.
        Case("close at MAIL", .mail, .close, "accepted 250"), Case("reset at RCPT", .rcpt, .reset, "accepted 250"),
        Case("half-close at DATA", .data, .halfClose, "accepted 250"),
        // Small enough to be out with its dot before the relay's close arrives.
        Case("close in the content", .content(afterBytes: 5), .close, "unknown"),
        Case("close at the dot", .dot, .close, "unknown"), Case("reset at the dot", .dot, .reset, "unknown"),
        Case("half-close at the dot", .dot, .halfClose, "unknown"),
        Case("close when accepted", .accepted, .close, "unknown"),
        Case("silence at MAIL", .mail, .silence, "interrupted mail"),
        // Behind the first answer to a group a silence may mean the group as well.
        Case("silence at RCPT", .rcpt, .silence, "accepted 250"),
        Case("silence at DATA", .data, .silence, "accepted 250"),
        Case("silence at the dot", .dot, .silence, "unknown"),
        Case("no reply at MAIL", .mail, .raw(Array("gibberish\r\n".utf8)), "interrupted mail"),
        Case("NUL at RCPT", .rcpt, .raw(Array("250 \0\r\n".utf8)), "interrupted rcpt"),
        Case("999 at the dot", .dot, .raw(Array("999 what\r\n".utf8)), "unknown"),
        Case("two codes at the dot", .dot, .raw(Array("250-a\r\n550 b\r\n".utf8)), "unknown"),
        Case(
            "an endless reply at the dot", .dot, .raw(Array(String(repeating: "250-x\r\n", count: 600).utf8)), "unknown"
        ),
        Case(
            "Latin-1 at the dot", .dot, .raw(Array("250 angenommen f".utf8) + [0xFC] + Array("r Sie\r\n".utf8)),
            "accepted 250"),
        Case("a dripped reply", .rcpt, .drip(every: .milliseconds(1)), "accepted 250"),
        Case("a delayed reply", .dot, .delay(.milliseconds(50)), "accepted 250"),
    ]

    @Test("gives the mail exactly its result and sends the next one", arguments: cases)
    func fault(_ scenario: Case) async throws {
        var mailbox = MailboxConfiguration()
        mailbox.faults = [scenario.rule]
        try await DevMailbox.with(mailbox) { mailbox in
            try await withLane(to: mailbox.smtpPort, configure: { $0.impatience(scenario.timeout) }) { lane, recorder in
                lane.submit([.sample(1)])
                let first = try await recorder.wait { $0.results[1] != nil }
                #expect(first.result(1).map(SessionHarness.describe) == scenario.expected)
                lane.submit([.sample(2)])
                let second = try await recorder.wait { $0.results[2] != nil }
                #expect(second.result(2).map(SessionHarness.describe) == "accepted 250")
            }
            #expect(mailbox.state.violations == [])
        }
    }

    @Test("withholds a content that may not go out any more, and sends that mail once it was checked anew")
    func withheld() async throws {
        let checkedFirst = ContinuousClock.now
        let recorder = LaneRecorder(clearance: { $0.checkedAt > checkedFirst ? .send : .withhold })
        try await DevMailbox.with(MailboxConfiguration()) { mailbox in
            try await withLane(to: mailbox.smtpPort, recorder: recorder) { lane, recorder in
                lane.submit([.sample(1, checkedAt: checkedFirst)])
                let state = try await recorder.wait { $0.results[1] != nil }
                #expect(state.result(1).map(SessionHarness.describe) == "accepted 250")
                #expect(state.stale.map { $0.map(\.token) } == [[1]])
            }
            #expect(mailbox.state.mailCount == 1)
        }
    }

    @Test("holds a content until its mail was checked again, and sends it in the same session")
    func held() async throws {
        let checkedFirst = ContinuousClock.now
        let recorder = LaneRecorder(clearance: { $0.checkedAt > checkedFirst ? .send : .hold })
        try await DevMailbox.with(MailboxConfiguration()) { mailbox in
            try await withLane(to: mailbox.smtpPort, recorder: recorder, configure: { $0.freshness = .seconds(60) }) {
                lane, recorder in
                lane.submit([.sample(1, checkedAt: checkedFirst)])
                try await recorder.wait { $0.held.map(\.token) == [1] }
                lane.answer(HeldAnswer(token: 1, checkedAt: .now))
                let state = try await recorder.wait { $0.results[1] != nil }
                #expect(state.result(1).map(SessionHarness.describe) == "accepted 250")
                #expect(state.stale.isEmpty)
            }
            #expect(mailbox.state.sessionCount == 1)
        }
    }

    static let refusals: [HeldAnswer?] = [
        HeldAnswer(token: 1, checkedAt: nil), HeldAnswer(token: 2, checkedAt: .now), nil,
    ]

    @Test("does not send a held content without its own check's leave, not even later", arguments: refusals)
    func heldInVain(answer: HeldAnswer?) async throws {
        let checkedFirst = ContinuousClock.now
        let recorder = LaneRecorder(
            clearance: { $0.checkedAt > checkedFirst ? .send : .hold }, recheck: { _ in nil })
        try await DevMailbox.with(MailboxConfiguration()) { mailbox in
            try await withLane(to: mailbox.smtpPort, recorder: recorder, configure: { $0.freshness = .seconds(60) }) {
                lane, recorder in
                lane.submit([.sample(1, checkedAt: checkedFirst)])
                try await recorder.wait { $0.held.map(\.token) == [1] }
                if let answer { lane.answer(answer) }
                // Comes to be checked from the beginning: at once, or when the session has waited for long enough.
                try await recorder.wait { $0.stale.map { $0.map(\.token) } == [[1]] }
                lane.answer(HeldAnswer(token: 1, checkedAt: .now))
                lane.submit([.sample(3)])
                try await recorder.wait { $0.results[3] != nil }
                #expect(recorder.state.results[1] == nil)
            }
            #expect(mailbox.state.mails.flatMap(\.recipients) == ["user3@example.com"])
        }
    }

    static let large: [(FaultRule.Action, String)] = [
        (.reply(421), "refused 421 data"), (.reply(452), "refused 452 data"), (.reply(552), "refused 552 data"),
        (.close, "interrupted content"), (.reset, "interrupted content"),
        (.raw(Array("250 ok\r\n".utf8)), "interrupted content"),
    ]

    @Test("in the middle of a large content knows that nothing was accepted", arguments: large)
    func inLargeContent(action: FaultRule.Action, expected: String) async throws {
        var mailbox = MailboxConfiguration()
        // Linux buffers up to 10 MB between two sockets: the content must not fit.
        mailbox.extensions = ["PIPELINING", "SIZE"]
        mailbox.faults = [FaultRule(.content(afterBytes: 100_000), .nth(1), action)]
        try await DevMailbox.with(mailbox) { mailbox in
            try await withLane(to: mailbox.smtpPort) { lane, recorder in
                lane.submit([.sample(1, body: String(repeating: "0123456789abcdef\r\n", count: 1_100_000))])
                let state = try await recorder.wait { $0.results[1] != nil }
                #expect(state.result(1).map(SessionHarness.describe) == expected)
            }
            #expect(mailbox.state.mailCount == 0)
        }
    }

    @Test("loses and doubles nothing in a storm of faults, and knows of each mail whether it may have arrived")
    func storm() async throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        let stages: [FaultRule.Stage] = [.mail, .rcpt, .data, .content(afterBytes: 20), .dot, .accepted]
        let actions: [FaultRule.Action] = [.reply(451), .reply(421), .close, .reset]
        var mailbox = MailboxConfiguration()
        for (index, stage) in stages.enumerated() {
            for (number, action) in actions.enumerated() where !(stage == .accepted && number < 2) {
                let own = seed &+ UInt64(index * 10 + number)
                mailbox.faults.append(FaultRule(stage, .probability(0.02, seed: own), action))
            }
        }
        let count: Int64 = 800
        try await DevMailbox.with(mailbox) { mailbox in
            let state = try await withLane(to: mailbox.smtpPort, capacity: 3_000) { lane, recorder in
                lane.submit((1...count).map { .sample($0) })
                return try await recorder.wait(within: .seconds(120)) { $0.results.count == count }
            }
            let arrived = Dictionary(grouping: mailbox.state.mails, by: { $0.recipients.first ?? "" })
                .mapValues(\.count)
            for token in 1...count {
                let copies = arrived["user\(token)@example.com"] ?? 0
                switch state.result(token) {
                case .accepted: #expect(copies == 1, "seed \(seed), mail \(token)")
                case .unknown: #expect(copies <= 1, "seed \(seed), mail \(token)")
                case .refused, .interrupted: #expect(copies == 0, "seed \(seed), mail \(token)")
                case let other: Issue.record("seed \(seed), mail \(token): \(String(describing: other))")
                }
            }
            #expect(mailbox.state.violations == [])
        }
    }
}

extension RelayConfiguration {
    fileprivate mutating func impatience(_ timeout: Duration) {
        timeouts.mail = timeout
        timeouts.rcpt = timeout
        timeouts.data = timeout
        timeouts.dot = timeout
        connections = 1
    }
}
