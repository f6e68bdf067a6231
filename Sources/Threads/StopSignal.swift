/// Tells threads to end.
package final class StopSignal: Sendable {
    private let state = Monitor(false)

    package init() {}

    package var isRequested: Bool { state.withLock { $0 } }

    package func request() {
        state.update { $0 = true }
    }

    /// Sleeps for `duration` or until a stop is requested; whether it was.
    package func wait(_ duration: Duration) -> Bool {
        state.wait(timeout: duration) { $0 ? true : nil } ?? false
    }
}
