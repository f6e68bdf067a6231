import SMTPSender
import Threads

/// One mail handed to one relay through a lane of its own, and what came of it.
struct SendTry: Encodable {
    let relay: String
    let result: String
    let phase: String?
    let code: Int?
    let enhancedCode: String?
    let reply: String?
    let message: String?
    let seconds: Double
    let isAccepted: Bool
    /// Whether no relay can have the mail.
    let mayTryNext: Bool

    enum CodingKeys: String, CodingKey {
        case relay, result, phase, code, enhancedCode, reply, message, seconds
        case isAccepted = "accepted"
    }

    /// Blocks until the relay has answered or its timeouts are over.
    static func make(_ mail: ComposedMail, at configuration: RelayConfiguration) throws -> SendTry {
        var configuration = configuration
        configuration.connections = 1
        // There is nobody to check the mail again with: it was made a moment ago, and connecting takes what it takes.
        configuration.freshness = .seconds(86_400)
        let listener = LaneListener()
        let lane = try RelayLane(configuration: configuration, capacity: 1, delegate: listener)
        let start = ContinuousClock.now
        lane.submit([Submission(token: 1, mail: mail, isUrgent: false, checkedAt: start)])
        let outcome = listener.wait()
        let seconds = ((ContinuousClock.now - start) / .milliseconds(1)).rounded() / 1_000
        lane.stop(within: .seconds(5))
        return SendTry(outcome, relay: configuration.name, seconds: seconds)
    }

    private init(_ outcome: LaneListener.Outcome, relay: String, seconds: Double) {
        var phase: SMTPPhase?
        var reply: SMTPReply?
        var message: String?
        switch outcome {
        case .noSession(let fault):
            (result, phase, reply, message) = ("no_session", fault.phase, fault.reply, fault.message)
        case .finished(let finished):
            switch finished {
            case .accepted(let answer): (result, phase, reply) = ("accepted", .dot, answer)
            case .refused(let answer, let at): (result, phase, reply) = ("refused", at, answer)
            case .interrupted(let at): (result, phase) = ("interrupted", at)
            case .unknown:
                (result, phase, message) = (
                    "unknown", .dot, "the session ended before the final answer: it may have gone out"
                )
            case .unsendable(let obstacle): (result, message) = ("unsendable", obstacle.description)
            case .unreachable: result = "unreachable"
            }
        }
        self.relay = relay
        self.phase = phase?.rawValue
        self.code = reply?.code
        self.enhancedCode = reply?.enhancedCode?.description
        self.reply = reply?.text
        self.message = message
        self.seconds = seconds
        isAccepted = result == "accepted"
        mayTryNext = ["no_session", "unreachable"].contains(result)
    }

    var text: String {
        let answer = [code.map(String.init), enhancedCode, reply].compactMap(\.self).joined(separator: " ")
        let place = phase.map { isAccepted ? "" : " at \($0)" } ?? ""
        let parts = ["\(relay): \(result)\(place) after \(seconds) s", answer, message ?? ""].filter { !$0.isEmpty }
        return LogText.escaped(parts.joined(separator: ": "))
    }
}

/// Waits for the one thing that a lane with one mail tells.
private final class LaneListener: RelayLaneDelegate {
    enum Outcome: Sendable {
        case finished(SendResult)
        case noSession(ConnectionFault)
    }

    private let outcome = Monitor<Outcome?>(nil)

    func wait() -> Outcome {
        // The lane's own timeouts end every phase, so an answer always comes.
        outcome.wait { $0 } ?? .finished(.unreachable)
    }

    private func tell(_ new: Outcome) {
        outcome.update { $0 = $0 ?? new }
    }

    func lane(_ lane: RelayLane, finished: [Finished]) {
        if let first = finished.first { tell(.finished(first.result)) }
    }

    func lane(_ lane: RelayLane, stale: [Submission]) {
        lane.submit(stale)
    }

    func lane(_ lane: RelayLane, connectFailed fault: ConnectionFault) {
        tell(.noSession(fault))
    }
}
