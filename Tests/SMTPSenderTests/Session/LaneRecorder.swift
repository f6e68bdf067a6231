import Foundation
import Synchronization
import TestSupport

@testable import SMTPSender

/// A lane's owner that keeps everything it is told, and lets a test wait for it.
final class LaneRecorder: RelayLaneDelegate {
    struct State: Sendable {
        var results: [Int64: [SendResult]] = [:]
        var stale: [[Submission]] = []
        var held: [Submission] = []
        var failures: [ConnectionFault] = []
        var stalls = 0
        var longestStall = Duration.zero
        var sessionFaults: [ConnectionFault] = []

        /// The one result of a mail; nil while there is none, and when there is more than one.
        func result(_ token: Int64) -> SendResult? {
            results[token].flatMap { $0.count == 1 ? $0.first : nil }
        }

        var finishedCount: Int { results.values.reduce(0) { $0 + $1.count } }
    }

    struct TimedOut: Error, CustomStringConvertible {
        let description: String
    }

    private struct Waiter {
        let isMet: @Sendable (State) -> Bool
        let resume: CheckedContinuation<State, any Error>
    }

    private struct Inner {
        var state = State()
        var waiters: [Int: Waiter] = [:]
        var waiterCount = 0
    }

    private let inner = Mutex(Inner())
    private let clearance: @Sendable (Submission) -> ContentClearance
    private let recheck: @Sendable (Submission) -> Submission?

    /// - Parameters:
    ///   - clearance: whether a mail's content may go out.
    ///   - recheck: what a stale mail becomes: by default itself, checked now.
    init(
        clearance: @escaping @Sendable (Submission) -> ContentClearance = { _ in .send },
        recheck: @escaping @Sendable (Submission) -> Submission? = {
            var submission = $0
            submission.checkedAt = .now
            return submission
        }
    ) {
        self.clearance = clearance
        self.recheck = recheck
    }

    var state: State { inner.withLock { $0.state } }

    @discardableResult
    func wait(within limit: Duration = .seconds(30), _ isMet: @escaping @Sendable (State) -> Bool) async throws -> State
    {
        try await withCheckedThrowingContinuation { continuation in
            let id: Int? = inner.withLock { inner in
                if isMet(inner.state) {
                    continuation.resume(returning: inner.state)
                    return nil
                }
                inner.waiterCount += 1
                inner.waiters[inner.waiterCount] = Waiter(isMet: isMet, resume: continuation)
                return inner.waiterCount
            }
            guard let id else { return }
            Task { [weak self] in
                try await Task.sleep(for: limit)
                self?.giveUp(id)
            }
        }
    }

    private func giveUp(_ id: Int) {
        let (waiter, state) = inner.withLock { ($0.waiters.removeValue(forKey: id), $0.state) }
        waiter?.resume.resume(throwing: TimedOut(description: "still waiting with \(state)"))
    }

    private func change(_ change: (inout State) -> Void) {
        let met = inner.withLock { inner in
            change(&inner.state)
            let met = inner.waiters.filter { $0.value.isMet(inner.state) }
            for id in met.keys { inner.waiters.removeValue(forKey: id) }
            return met.values.map { ($0, inner.state) }
        }
        for (waiter, state) in met { waiter.resume.resume(returning: state) }
    }

    func lane(_ lane: RelayLane, clearanceOf submission: Submission) -> ContentClearance { clearance(submission) }

    func lane(_ lane: RelayLane, held: [Submission]) { change { $0.held.append(contentsOf: held) } }

    func lane(_ lane: RelayLane, finished: [Finished]) {
        change { state in
            for one in finished { state.results[one.token, default: []].append(one.result) }
        }
    }

    func lane(_ lane: RelayLane, stale: [Submission]) {
        change { $0.stale.append(stale) }
        lane.submit(stale.compactMap(recheck))
    }

    func lane(_ lane: RelayLane, connectFailed: ConnectionFault) { change { $0.failures.append(connectFailed) } }
    func lane(_ lane: RelayLane, stalledFor duration: Duration) {
        change { state in
            state.stalls += 1
            state.longestStall = max(state.longestStall, duration)
        }
    }
    func lane(_ lane: RelayLane, sessionEnded: ConnectionFault) { change { $0.sessionFaults.append(sessionEnded) } }
}

/// Runs `body` with a lane to a port of this machine and stops the lane whatever happens.
func withLane<Result: Sendable>(
    to port: Int, capacity: Int = 1_000, recorder: LaneRecorder = LaneRecorder(),
    configure: (inout RelayConfiguration) -> Void = { _ in },
    _ body: (RelayLane, LaneRecorder) async throws -> Result
) async throws -> Result {
    signal(SIGPIPE, SIG_IGN)
    var configuration = RelayConfiguration(host: "127.0.0.1", port: port)
    configuration.tls = .off
    configuration.helloName = "client.test.example"
    configure(&configuration)
    let lane = try RelayLane(configuration: configuration, capacity: capacity, delegate: recorder)
    do {
        let result = try await body(lane, recorder)
        try await onThread { lane.stop(within: .seconds(10)) }
        return result
    } catch {
        try await onThread { lane.stop(within: .zero) }
        throw error
    }
}

extension Submission {
    /// A mail whose content says which it is.
    static func sample(
        _ token: Int64, to recipient: String? = nil, isUrgent: Bool = false, body: String = "Hello\r\n.dot\r\n",
        checkedAt: ContinuousClock.Instant = .now
    ) -> Submission {
        let content = "Subject: \(token)\r\nMessage-ID: <\(token)@example.com>\r\n\r\n\(body)"
        let mail = ComposedMail(
            envelope: Envelope(sender: "sender@example.com", recipient: recipient ?? "user\(token)@example.com"),
            content: Array(content.utf8))
        return Submission(token: token, mail: mail, isUrgent: isUrgent, checkedAt: checkedAt)
    }
}
