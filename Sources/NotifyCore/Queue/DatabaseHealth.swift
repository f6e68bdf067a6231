import PostgresClient
import Synchronization

/// Whether the last use of the database by any of the worker's threads found it there, for readiness.
final class DatabaseHealth: Sendable {
    private let fault = Mutex<String?>(nil)

    /// Why it could not be reached; nil while it can.
    var reason: String? { fault.withLock { $0 } }

    func succeeded() {
        fault.withLock { $0 = nil }
    }

    func lost(_ error: PostgresError) {
        fault.withLock { $0 = error.description }
    }
}
