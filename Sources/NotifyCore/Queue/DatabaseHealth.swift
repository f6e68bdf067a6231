import PostgresClient
import Synchronization

/// Whether the last use of the database by any of the worker's threads found it there, for readiness.
final class DatabaseHealth: Sendable {
    private let fault = Mutex<String?>(nil)

    /// Why it could not be reached; nil while it can.
    var reason: String? { fault.withLock { $0 } }

    /// Whether it was lost until now.
    func succeeded() -> Bool {
        fault.withLock { fault in
            defer { fault = nil }
            return fault != nil
        }
    }

    func lost(_ error: PostgresError) {
        fault.withLock { $0 = error.publicReason }
    }
}

extension PostgresError {
    /// Why the database cannot be used, for anyone who may ask at `/readyz`: no host, user, database or table. The log
    /// has those.
    package var publicReason: String {
        switch code {
        case .connection, .closed: "unreachable"
        case .timeout: "slow to answer"
        case .server(let state): "error \(state) (\(state.categoryName))"
        case .decoding, .usage, .behindPooler: "unusable"
        }
    }
}
