import Foundation
import NotifyCore
import PostgresClient
import Threads

/// Whether new events wake the worker: what is notified where events are enqueued must be heard where it listens.
struct NotificationCheck {
    private static let part = "notifications"
    private static let patience = Duration.seconds(5)

    let settings: DatabaseSettings

    /// Over a connection of its own.
    func finding() throws -> CheckFinding {
        let connection = try settings.connect(for: "run")
        defer { connection.close() }
        return finding(notifyingThrough: connection)
    }

    /// - Parameter connection: One to `NOTIFY_DATABASE_URL`.
    func finding(notifyingThrough connection: PostgresConnection) -> CheckFinding {
        let isApart = settings.isListeningApart
        if connection.isBehindPooler, !isApart, settings.isListenURLGiven {
            return Self.throughPooler
        } else if connection.isBehindPooler, !isApart {
            return .warning(
                Self.part, "LISTEN does not work through a pooler: events are found by polling, within a second",
                mend: "Set NOTIFY_LISTEN_URL to a direct connection, so that new events wake the worker at once.")
        }
        let signal: WakeSignal
        do {
            signal = try WakeSignal()
        } catch {
            return .wrong(Self.part, error.description, mend: "Let this process open more files (ulimit -n).")
        }
        do {
            guard try hears(connection, signal) else {
                return .wrong(
                    Self.part, "what is notified at NOTIFY_DATABASE_URL is not heard at NOTIFY_LISTEN_URL",
                    mend: "Let both lead to the same database of the same primary.")
            }
            return .ok(
                Self.part, "heard" + (isApart ? " at NOTIFY_LISTEN_URL" : "") + ": new events wake the worker at once")
        } catch  where error.code == .behindPooler {
            return Self.throughPooler
        } catch {
            return .unreachable(
                Self.part, (isApart ? "NOTIFY_LISTEN_URL: " : "") + CommandFailure(error).message,
                mend: "Mend NOTIFY_LISTEN_URL or unset it; meanwhile events are found by polling, within a second.")
        }
    }

    private static let throughPooler = CheckFinding.warning(
        part, "NOTIFY_LISTEN_URL leads through a pooler too: events are found by polling, within a second",
        mend: "Give it a direct connection to PostgreSQL.")

    private func hears(_ connection: PostgresConnection, _ signal: WakeSignal) throws(PostgresError) -> Bool {
        // Of its own: `notify_events` would wake every worker.
        let channel = "notify_check_\(UUID().uuidString.lowercased())"
        let listener = Listener(
            settings.listenURL ?? "", options: ConnectionOptions(applicationName: "notify-worker check"),
            channels: [channel], signal: signal)
        defer { listener.close() }
        try listener.connect()
        _ = try connection.run(Statement("select pg_notify($1, '')"), [channel])
        switch listener.wait(timeout: Self.patience) {
        case .notifications: return true
        case .lost(let error): throw error
        case .woken, .stopped, .timedOut: return false
        }
    }
}
