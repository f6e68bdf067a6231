package import NotifyCore
import Threads

/// What a worker settled so far, to wait for.
package final class SettledEvents: DeliveryObserver {
    private let state = Monitor<(outcomes: [Int64: Outcome], releases: [Int64: Int])>(([:], [:]))

    package func settled(_ events: [SettledEvent]) {
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
    package func outcome(of eventID: Int64, within limit: Duration = .seconds(20)) async throws -> Outcome {
        try await wait(limit, "event \(eventID) has no outcome") { $0.outcomes[eventID] }
    }

    /// Waits until the event went back to the queue `count` times.
    package func release(of eventID: Int64, count: Int = 1, within limit: Duration = .seconds(20)) async throws {
        try await wait(limit, "event \(eventID) was not given back \(count) times") {
            ($0.releases[eventID] ?? 0) >= count ? true : nil
        }
    }

    /// Waits until `count` events each went back to the queue or ended.
    package func turns(of count: Int, within limit: Duration = .seconds(30)) async throws {
        try await wait(limit, "fewer than \(count) events had a turn") { state in
            Set(state.releases.keys).union(state.outcomes.keys).count >= count ? true : nil
        }
    }

    package func count(_ count: Int, within limit: Duration = .seconds(30)) async throws {
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
