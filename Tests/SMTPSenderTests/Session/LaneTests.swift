import DevMailbox
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import SMTPSender

@Suite("A lane")
struct LaneTests {
    @Test("sends thousands of mails over its connections, each once and unchanged")
    func thousands() async throws {
        try await DevMailbox.with { mailbox in
            try await withLane(to: mailbox.smtpPort, capacity: 2_000, configure: { $0.mailsPerConnection = 2_000 }) {
                lane, recorder in
                lane.submit((1...2_000).map { .sample($0) })
                let state = try await recorder.wait(within: .seconds(60)) { $0.finishedCount == 2_000 }
                #expect(state.results.values.allSatisfy { $0.count == 1 })
                // Nine at once, for one of ten is kept for urgent mails; a late answer ends its session.
                #expect((1...100).contains(mailbox.state.sessionCount))
            }
            let contents = Set(mailbox.state.mails.map { String(decoding: $0.content, as: UTF8.self) })
            #expect(mailbox.state.mailCount == 2_000)
            #expect(
                contents == Set((1...2_000).map { String(decoding: Submission.sample($0).mail.content, as: UTF8.self) })
            )
            #expect(mailbox.state.violations == [])
            try await mailbox.state { $0.openSessions.isEmpty }
            #expect(mailbox.state.commands.contains { $0 == "QUIT" })
        }
    }

    @Test("speaks in turn to a relay that ends a session which pipelines uninvited")
    func inTurn() async throws {
        var configuration = MailboxConfiguration()
        configuration.extensions = ["SIZE 1000000"]
        configuration.endsUninvitedPipelining = true
        try await DevMailbox.with(configuration) { mailbox in
            try await withLane(to: mailbox.smtpPort) { lane, recorder in
                lane.submit((1...200).map { .sample($0) })
                let state = try await recorder.wait { $0.finishedCount == 200 }
                #expect(state.results.values.allSatisfy { $0.map(SessionHarness.describe) == ["accepted 250"] })
            }
            #expect(mailbox.state.violations == [])
        }
    }

    @Test("falls back when a relay stumbles over a joined group, and sends that mail in turn")
    func fallsBack() async throws {
        var configuration = MailboxConfiguration()
        configuration.faults = [FaultRule(.rcpt, .nth(1), .reply(503, "5.5.1"))]
        configuration.answersDataWithoutRecipients = true
        try await DevMailbox.with(configuration) { mailbox in
            try await withLane(to: mailbox.smtpPort, configure: { $0.connections = 1 }) { lane, recorder in
                lane.submit((1...20).map { .sample($0) })
                let state = try await recorder.wait { $0.finishedCount == 20 }
                #expect(state.results.values.allSatisfy { $0.map(SessionHarness.describe) == ["accepted 250"] })
            }
            #expect(mailbox.state.mailCount == 20)
            #expect(mailbox.state.violations == [])
        }
    }

    @Test("goes on with its other connections while a relay is silent on one")
    func silentConnection() async throws {
        let gate = Gate()
        var configuration = MailboxConfiguration()
        configuration.faults = [FaultRule(.dot, recipient: "slow@*", .always, .hold(gate))]
        try await DevMailbox.with(configuration) { mailbox in
            try await withLane(to: mailbox.smtpPort, configure: { $0.connections = 4 }) { lane, recorder in
                lane.submit([.sample(1, to: "slow@example.com")])
                try await mailbox.applied("dot: hold")
                lane.submit((2...300).map { .sample($0) })
                let state = try await recorder.wait { $0.finishedCount == 299 }
                #expect(state.results[1] == nil)
                gate.release()
                #expect(
                    try await recorder.wait { $0.results[1] != nil }.result(1).map(SessionHarness.describe)
                        == "accepted 250")
            }
        }
    }

    @Test("keeps one connection for urgent mails")
    func urgent() async throws {
        let gate = Gate()
        var configuration = MailboxConfiguration()
        configuration.faults = [FaultRule(.dot, recipient: "normal@*", .always, .hold(gate))]
        try await DevMailbox.with(configuration) { mailbox in
            try await withLane(to: mailbox.smtpPort, configure: { $0.connections = 3 }) { lane, recorder in
                lane.submit((1...50).map { .sample($0, to: "normal@example.com") })
                try await mailbox.state { state in state.transcript.filter { $0.text == "dot: hold" }.count == 2 }
                lane.submit([.sample(100, isUrgent: true)])
                let state = try await recorder.wait { $0.results[100] != nil }
                #expect(state.result(100).map(SessionHarness.describe) == "accepted 250")
                #expect(state.finishedCount == 1)
                gate.release()
                try await recorder.wait { $0.finishedCount == 51 }
            }
        }
    }

    @Test("hands out mails whose check is too old, and sends only those that come back")
    func stale() async throws {
        let recorder = LaneRecorder(recheck: { submission in
            guard submission.token % 2 == 0 else { return nil }
            var submission = submission
            submission.checkedAt = .now
            return submission
        })
        try await DevMailbox.with { mailbox in
            let old = ContinuousClock.now - .seconds(1)
            try await withLane(to: mailbox.smtpPort, recorder: recorder) { lane, recorder in
                lane.submit((1...1_000).map { .sample($0, isUrgent: $0 % 100 == 0, checkedAt: old) })
                try await recorder.wait { $0.finishedCount == 500 }
            }
            let numbers = mailbox.state.mails.flatMap(\.recipients)
                .compactMap { Int64($0.drop { !$0.isNumber }.prefix { $0.isNumber }) }
            #expect(Set(numbers) == Set((1...500).map { $0 * 2 }) && numbers.count == 500)
            let handedOut = recorder.state.stale.flatMap { $0 }
            #expect(Set(handedOut.map(\.token)).count == 1_000)
            #expect(recorder.state.stale.allSatisfy { $0.count <= 1_280 })
        }
    }

    @Test("bounds what it takes and gives back what is too much")
    func capacity() async throws {
        let gate = Gate()
        var configuration = MailboxConfiguration()
        configuration.faults = [FaultRule(.mail, .always, .hold(gate))]
        try await DevMailbox.with(configuration) { mailbox in
            try await withLane(to: mailbox.smtpPort, capacity: 10, configure: { $0.connections = 1 }) {
                lane, recorder in
                lane.submit((1...10).map { .sample($0) })
                lane.submit((11...30).map { .sample($0) })
                let state = try await recorder.wait { $0.finishedCount >= 19 }
                #expect(state.results.values.allSatisfy { $0 == [.unreachable] })
                gate.release()
                try await recorder.wait { $0.finishedCount == 30 }
                #expect(recorder.state.results.values.allSatisfy { $0.count == 1 })
            }
        }
    }

    @Test("tells, again and again, that mails wait for a first session, until they are withdrawn or it is there")
    func stalled() async throws {
        let gate = Gate()
        defer { gate.release() }
        var configuration = MailboxConfiguration()
        configuration.faults = [FaultRule(.greeting, .hold(gate))]
        try await DevMailbox.with(configuration) { mailbox in
            try await withLane(to: mailbox.smtpPort, configure: { $0.patience = .milliseconds(50) }) {
                lane, recorder in
                lane.submit([.sample(1)])
                try await recorder.wait { $0.stalls >= 2 }
                lane.withdraw()
                try await recorder.wait { $0.results[1] == [.unreachable] }
                lane.submit([.sample(2)])
                try await recorder.wait { $0.stalls >= 4 }
                gate.release()
                let state = try await recorder.wait { $0.results[2] != nil }
                #expect(state.result(2).map(SessionHarness.describe) == "accepted 250")
                #expect(state.failures == [])
            }
            #expect(mailbox.state.sessionCount == 1, "the attempt outlives those that waited for it")
        }
    }

    @Test("tells at once that mails wait for a session where the last took longer to open than they should wait")
    func foreseenStall() async throws {
        let gates = [Gate(), Gate()]
        defer { for gate in gates { gate.release() } }
        var configuration = MailboxConfiguration()
        configuration.faults = gates.enumerated().map { FaultRule(.greeting, .nth($0.offset + 1), .hold($0.element)) }
        try await DevMailbox.with(configuration) { mailbox in
            try await withLane(to: mailbox.smtpPort) {
                $0.connections = 1
                $0.mailsPerConnection = 1
                $0.patience = .seconds(1)
            } _: { lane, recorder in
                lane.submit([.sample(1), .sample(2)])
                let late = try await recorder.wait { $0.stalls >= 1 }
                #expect(late.longestStall == .seconds(1))
                gates[0].release()
                try await recorder.wait { $0.results[1] != nil }
                // What the last took, told beforehand: what is waited for is told as the patience that is over.
                try await recorder.wait { $0.longestStall > .seconds(1) }
            }
        }
    }

    @Test("tells, again and again, that mails wait while no session is answered")
    func silent() async throws {
        let gate = Gate()
        defer { gate.release() }
        var configuration = MailboxConfiguration()
        configuration.faults = [FaultRule(.data, .hold(gate))]
        try await DevMailbox.with(configuration) { mailbox in
            try await withLane(to: mailbox.smtpPort) {
                $0.connections = 1
                $0.patience = .milliseconds(50)
            } _: { lane, recorder in
                lane.submit([.sample(1), .sample(2)])
                try await mailbox.applied("data: hold")
                try await recorder.wait { $0.stalls >= 2 }
                lane.withdraw()
                try await recorder.wait { $0.results[2] == [.unreachable] }
                gate.release()
                let state = try await recorder.wait { $0.results[1] != nil }
                #expect(state.result(1).map(SessionHarness.describe) == "accepted 250")
            }
        }
    }

    @Test("opens a new connection after its number of mails")
    func mailLimit() async throws {
        try await DevMailbox.with { mailbox in
            try await withLane(to: mailbox.smtpPort) {
                $0.connections = 1
                $0.mailsPerConnection = 10
            } _: { lane, recorder in
                lane.submit((1...95).map { .sample($0) })
                let state = try await recorder.wait { $0.finishedCount == 95 }
                #expect(mailbox.state.sessionCount == 10)
                #expect(state.sessionFaults == [])
            }
            let perSession = Dictionary(grouping: mailbox.state.mails, by: \.session).values.map(\.count)
            #expect(perSession.allSatisfy { $0 <= 10 })
        }
    }

    @Test("closes a connection that has no mail for its idle time")
    func idle() async throws {
        try await DevMailbox.with { mailbox in
            try await withLane(to: mailbox.smtpPort, configure: { $0.timeouts.idle = .milliseconds(50) }) {
                lane, recorder in
                lane.submit([.sample(1)])
                try await recorder.wait { $0.finishedCount == 1 }
                let state = try await mailbox.state { $0.openSessions.isEmpty }
                #expect(state.commands.last == "QUIT")
                lane.submit([.sample(2)])
                try await recorder.wait { $0.finishedCount == 2 }
                #expect(mailbox.state.sessionCount >= 2)
            }
        }
    }

    @Test("sends over a fresh connection what an idle one could not take because the relay had closed it")
    func closedWhileIdle() async throws {
        try await DevMailbox.with { mailbox in
            try await withLane(to: mailbox.smtpPort) { lane, recorder in
                lane.submit([.sample(1)])
                try await recorder.wait { $0.finishedCount == 1 }
                await mailbox.suspend()
                try await mailbox.resume()
                lane.submit([.sample(2)])
                let state = try await recorder.wait { $0.finishedCount == 2 }
                #expect(state.result(2).map(SessionHarness.describe) == "accepted 250")
            }
        }
    }

    @Test("uses one connection fewer after 421")
    func busy() async throws {
        var configuration = MailboxConfiguration()
        configuration.faults = [FaultRule(.greeting, .nth(3), .reply(421, "4.7.0", "too many connections"))]
        try await DevMailbox.with(configuration) { mailbox in
            try await withLane(to: mailbox.smtpPort, configure: { $0.connections = 6 }) { lane, recorder in
                lane.submit((1...500).map { .sample($0) })
                let state = try await recorder.wait { $0.finishedCount == 500 }
                #expect(state.results.values.allSatisfy { $0.map(SessionHarness.describe) == ["accepted 250"] })
                #expect(state.failures == [], "a relay that serves other sessions has not failed")
            }
        }
    }

    @Test("keeps all connections but the refused one of those that it tried to open together")
    func busyForOneOfMany() async throws {
        let gate = Gate()
        defer { gate.release() }
        var configuration = MailboxConfiguration()
        configuration.faults = [FaultRule(.greeting, .nth(2), .reply(421, "4.7.0", "too many connections"))]
        // What was refused comes back first.
        configuration.faults += (3...9).map { FaultRule(.greeting, .nth($0), .delay(.milliseconds(300))) }
        configuration.faults += (2...8).map { FaultRule(.dot, .nth($0), .hold(gate)) }
        try await DevMailbox.with(configuration) { mailbox in
            try await withLane(to: mailbox.smtpPort, configure: { $0.connections = 10 }) { lane, recorder in
                lane.submit([.sample(1)])
                try await recorder.wait { $0.finishedCount == 1 }
                lane.submit((2...30).map { .sample($0) })
                // Seven mails are on the wire at once, and one connection is kept for urgent ones.
                try await mailbox.state { $0.transcript.count { $0.origin == .note && $0.text == "dot: hold" } == 7 }
                gate.release()
                let state = try await recorder.wait { $0.finishedCount == 30 }
                #expect(state.results.values.allSatisfy { $0.map(SessionHarness.describe) == ["accepted 250"] })
            }
        }
    }
}
