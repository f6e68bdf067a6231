import Threads

/// What `run --drain` waits for: a queue with nothing due, or a relay that cannot be used.
package final class DrainWatch: Sendable {
    package enum Result: Sendable, Hashable {
        case drained
        /// No relay could be used for 30 s; why.
        case noRelay(String)
    }

    private let result = Monitor<Result?>(nil)

    func nothingIsDue() {
        result.update { $0 = $0 ?? .drained }
    }

    func noRelay(_ reason: String) {
        result.update { $0 = $0 ?? .noRelay(reason) }
    }

    /// Waits for the end of the drain, at most `timeout`. Blocks.
    package func wait(timeout: Duration) -> Result? {
        result.wait(timeout: timeout) { $0 }
    }
}
