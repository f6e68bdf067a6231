import PostgresClient
import Synchronization

/// Whether the worker's threads can use the database, each by what it met when it last tried, for readiness.
///
/// By thread, since one statement can fail for good (a right revoked, a disk full) while those of the others succeed.
final class DatabaseHealth: Sendable {
    private let faults = Mutex<[String: String]>([:])

    /// Which threads cannot use it and why, as in `claim, settle: unreachable`; nil while all can.
    var reason: String? {
        let faults = faults.withLock { $0 }
        let threads = Dictionary(grouping: faults.keys) { faults[$0] ?? "" }
        let reasons = threads.map { "\($0.value.sorted().joined(separator: ", ")): \($0.key)" }
        return reasons.isEmpty ? nil : reasons.sorted().joined(separator: "; ")
    }

    /// Whether `role` could not use it until now.
    func succeeded(_ role: String) -> Bool {
        faults.withLock { $0.removeValue(forKey: role) != nil }
    }

    /// Notes what keeps `role` from its work. A row that is locked or refused says nothing about the next one.
    func failed(_ role: String, _ error: PostgresError) {
        guard !error.isAboutOneRow else { return }
        faults.withLock { $0[role] = error.publicReason }
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
