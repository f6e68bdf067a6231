import NotifyCore
import Threads

/// Collects outcomes as the worker writes them, to wait for.
final class DemoOutcomes: DeliveryObserver {
    private let ended = Monitor<Set<Int64>>([])

    func settled(_ events: [SettledEvent]) {
        ended.update { ended in
            for event in events where event.outcome != nil { ended.insert(event.eventID) }
        }
    }

    /// Waits until more than `known` of `events` have ended, or until `timeout` has passed: how many have. Blocks.
    func wait(for events: Set<Int64>, beyond known: Int, timeout: Duration) -> Int {
        ended.wait(timeout: timeout) { ended in
            let count = ended.intersection(events).count
            return count > known ? count : nil
        } ?? known
    }
}
