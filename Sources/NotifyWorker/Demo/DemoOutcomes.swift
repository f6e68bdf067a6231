import NotifyCore
import Threads

/// Collects outcomes as the worker writes them, to wait for.
final class DemoOutcomes: DeliveryObserver {
    private struct State {
        var ended: Set<Int64> = []
        var isCancelled = false
    }

    private let state = Monitor(State())

    func settled(_ events: [SettledEvent]) {
        state.update { state in
            for event in events where event.outcome != nil { state.ended.insert(event.eventID) }
        }
    }

    var isCancelled: Bool { state.withLock { $0.isCancelled } }

    /// Ends the present wait and every later one.
    func cancel() {
        state.update { $0.isCancelled = true }
    }

    /// Waits until more than `known` of `events` have ended, until `timeout` has passed or the wait is cancelled: how many
    /// have. Blocks.
    func wait(for events: Set<Int64>, beyond known: Int, timeout: Duration) -> Int {
        state.wait(timeout: timeout) { state in
            let count = state.ended.intersection(events).count
            return count > known || state.isCancelled ? count : nil
        } ?? known
    }
}
