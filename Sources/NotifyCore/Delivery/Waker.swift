import Logging
import PostgresClient
import Threads

/// Rings the claimer's bell when a producer commits due work, heard on a connection of its own.
///
/// Only a shortcut: without it, or behind a pooler, the claimer's poll finds the same work up to a second later.
final class Waker {
    private let listener: Listener
    private let bell: Bell
    private let logger: Logger
    private var backOff = BackOff()
    private var hasComplained = false

    init(listener: Listener, bell: Bell, logger: Logger) {
        self.listener = listener
        self.bell = bell
        self.logger = logger
    }

    func run() {
        while true {
            if !listener.isConnected, !connect() { return }
            switch listener.wait(timeout: listener.isConnected ? .seconds(60) : backOff.next()) {
            case .notifications, .woken: bell.ring()
            case .stopped: return listener.close()
            case .timedOut: break
            case .lost(let error):
                logger.warning("notifications lost; polling meanwhile", metadata: ["error": "\(error)"])
            }
        }
    }

    /// Whether to go on. After every connect the claimer looks once: what was notified before, nobody heard.
    private func connect() -> Bool {
        do {
            try listener.connect()
            if let target = listener.target {
                logger.info("listening for notifications", metadata: ["server": "\(target)"])
            }
            backOff.reset()
            hasComplained = false
            bell.ring()
            return true
        } catch {
            if error.code == .behindPooler {
                logger.notice(
                    "the database is behind a pooler: polling only. Set NOTIFY_LISTEN_URL to a direct connection to be woken at once"
                )
                return false
            }
            if !hasComplained {
                logger.warning("cannot listen for notifications; polling meanwhile", metadata: ["error": "\(error)"])
                hasComplained = true
            }
            return true
        }
    }
}
