import PostgresClient

/// Tells the threads of a worker to end.
final class StopSignal: Sendable {
    private let state = Monitor(false)

    var isRequested: Bool { state.withLock { $0 } }

    func request() {
        state.update { $0 = true }
    }

    /// Sleeps for `duration` or until a stop is requested; whether it was.
    func wait(_ duration: Duration) -> Bool {
        state.wait(timeout: duration) { $0 ? true : nil } ?? false
    }
}
