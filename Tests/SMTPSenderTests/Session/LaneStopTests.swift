import DevMailbox
import Foundation
import TestSupport
import Testing

@testable import SMTPSender

@Suite("A lane that has to let go")
struct LaneStopTests {
    @Test("tries a dead relay again with pauses, until the mails are withdrawn")
    func withdraw() async throws {
        let port = try LoopbackPort.free()
        try await withLane(to: port) { lane, recorder in
            lane.submit((1...100).map { .sample($0, isUrgent: $0 == 7) })
            let state = try await recorder.wait { $0.failures.count >= 2 }
            #expect(state.failures.allSatisfy { $0.kind == .connect && $0.message.contains("127.0.0.1:\(port)") })
            #expect(state.finishedCount == 0)
            lane.withdraw()
            let after = try await recorder.wait { $0.finishedCount == 100 }
            #expect(after.results.values.allSatisfy { $0 == [.unreachable] })
        }
    }

    @Test("finishes what is on the wire, hands the rest back and says QUIT")
    func stop() async throws {
        let gate = Gate()
        var configuration = MailboxConfiguration()
        configuration.faults = [FaultRule(.dot, .always, .hold(gate))]
        try await DevMailbox.with(configuration) { mailbox in
            try await withLane(to: mailbox.smtpPort, configure: { $0.connections = 2 }) { lane, recorder in
                lane.submit((1...5).map { .sample($0) })
                try await mailbox.applied("dot: hold")
                async let stopped: Void = onThread { lane.stop(within: .seconds(30)) }
                try await recorder.wait { $0.finishedCount == 4 }
                gate.release()
                try await stopped
                let state = recorder.state
                #expect(state.results.values.count { $0.map(SessionHarness.describe) == ["accepted 250"] } == 1)
                #expect(state.results.values.count { $0 == [.unreachable] } == 4)
                #expect(mailbox.state.commands.last == "QUIT")
                lane.submit([.sample(99)])
                #expect(recorder.state.result(99) == .unreachable)
            }
        }
    }

    @Test("gives a mail up as unknown when the grace is over before the relay answers its dot")
    func graceOver() async throws {
        let gate = Gate()
        var configuration = MailboxConfiguration()
        configuration.faults = [FaultRule(.accepted, .always, .hold(gate))]
        try await DevMailbox.with(configuration) { mailbox in
            try await withLane(to: mailbox.smtpPort, configure: { $0.connections = 1 }) { lane, recorder in
                lane.submit([.sample(1)])
                try await mailbox.applied("accepted: hold")
                try await onThread { lane.stop(within: .milliseconds(50)) }
                #expect(recorder.state.result(1) == .unknown)
            }
            gate.release()
        }
    }

    @Test("does not wait for a relay that never greets")
    func stopWhileConnecting() async throws {
        var configuration = MailboxConfiguration()
        configuration.faults = [FaultRule(.greeting, .always, .silence)]
        try await DevMailbox.with(configuration) { mailbox in
            try await withLane(to: mailbox.smtpPort) { lane, recorder in
                lane.submit([.sample(1)])
                try await mailbox.applied("greeting: silence")
                let start = ContinuousClock.now
                try await onThread { lane.stop(within: .seconds(60)) }
                #expect(ContinuousClock.now - start < .seconds(20))
                #expect(recorder.state.result(1) == .unreachable)
                #expect(recorder.state.failures == [])
            }
        }
    }

    @Test("waits for a silent relay's answer to QUIT no longer than it must")
    func silentQuit() async throws {
        var configuration = MailboxConfiguration()
        configuration.faults = [FaultRule(.quit, .always, .silence)]
        try await DevMailbox.with(configuration) { mailbox in
            try await withLane(to: mailbox.smtpPort, configure: { $0.timeouts.quit = .milliseconds(100) }) {
                lane, recorder in
                lane.submit([.sample(1)])
                try await recorder.wait { $0.finishedCount == 1 }
                try await onThread { lane.stop(within: .seconds(60)) }
                #expect(recorder.state.sessionFaults == [])
            }
        }
    }
}
