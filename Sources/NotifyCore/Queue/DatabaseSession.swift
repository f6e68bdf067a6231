import Logging
import PostgresClient
import Threads

/// The database connection of one thread, made again with back-off whenever it is lost.
///
/// Owned by one thread.
final class DatabaseSession {
    private let conninfo: String
    private let role: String
    private let options: ConnectionOptions
    private let stop: StopSignal
    private let logger: Logger
    private let health: DatabaseHealth?
    private let canceller: Canceller
    private var connection: PostgresConnection?
    private var backOff = BackOff()

    init(
        _ conninfo: String, role: String, stop: StopSignal, logger: Logger, health: DatabaseHealth? = nil,
        canceller: Canceller = Canceller()
    ) {
        self.health = health
        self.canceller = canceller
        self.conninfo = conninfo
        self.role = role
        options = .queue(role: role)
        self.stop = stop
        self.logger = logger
    }

    /// Runs `body` with the queue over a living connection; a connection that is lost meanwhile is made anew next time.
    func run<Result>(_ body: (EventQueue) throws(PostgresError) -> Result) throws(PostgresError) -> Result {
        do throws(PostgresError) {
            let result = try body(EventQueue(connection: try open()))
            backOff.reset()
            if health?.succeeded(role) == true { logger.notice("database usable again") }
            return result
        } catch {
            // Also one that is of no use any more without having said so, or whose server became a standby.
            if error.isConnectionLost || error.sqlState == "25006" || connection?.isUsable == false {
                close()
            }
            health?.failed(role, error)
            throw error
        }
    }

    /// The living connection, for what is no statement of the queue.
    func open() throws(PostgresError) -> PostgresConnection {
        if let connection { return connection }
        let connection = try PostgresConnection(conninfo, options: options, canceller: canceller)
        self.connection = connection
        return connection
    }

    /// Waits; whether a stop was requested meanwhile.
    func pause(_ duration: Duration) -> Bool {
        stop.wait(duration)
    }

    /// Logs the failure and waits before the next try; whether a stop was requested meanwhile.
    func recover(from error: PostgresError, during task: String) -> Bool {
        logger.warning(
            "database statement failed; trying again",
            metadata: ["task": "\(task)", "error": "\(error)", "retry_in": "\(backOff.pause.logText)"])
        return stop.wait(backOff.next())
    }

    func close() {
        connection?.close()
        connection = nil
    }
}

extension ConnectionOptions {
    /// For the queue's statements, which are walks along indexes: what the queue's tables hold can grow a thousandfold
    /// while the statistics still tell of an empty queue, from which a claim of 100 was planned to sort all that waits.
    static func queue(role: String) -> ConnectionOptions {
        var options = ConnectionOptions(applicationName: "notify-worker \(role)")
        options.statementTimeout = .seconds(30)
        options.lockTimeout = .seconds(5)
        options.prefersIndexes = true
        return options
    }
}
