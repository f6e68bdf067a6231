internal import CLibPQ
internal import Glibc
package import Threads

/// A notification that was sent with NOTIFY.
package struct Notification: Sendable, Hashable {
    package let channel: String
    package let payload: String
}

/// Waits for notifications on a connection of its own, used by one thread; `signal` ends the wait from any other.
///
/// Without a connection it still waits for its signal and the time-out, so a caller's loop is the same while the
/// database is away: wait, look for work, `connect` again when it is time. Notifications sent meanwhile are lost: after
/// each `connect` the caller looks for work once without having been told.
package final class Listener {
    package enum Event: Sendable {
        case notifications([Notification])
        case woken
        case stopped
        case timedOut
        /// The connection is gone and closed. The next waits have none.
        case lost(PostgresError)
    }

    package let signal: WakeSignal
    private let conninfo: String
    private let options: ConnectionOptions
    private let channels: [String]
    private let canceller: Canceller
    private var connection: PostgresConnection?

    /// - Parameter canceller: ends a `connect` that hangs.
    package init(
        _ conninfo: String, options: ConnectionOptions = ConnectionOptions(), channels: [String], signal: WakeSignal,
        canceller: Canceller = Canceller()
    ) {
        self.conninfo = conninfo
        self.options = options
        self.channels = channels
        self.canceller = canceller
        self.signal = signal
    }

    package var isConnected: Bool { connection != nil }

    /// Host, port, user and database; nil without a connection.
    package var target: ConnectionString? { connection?.target }

    /// Connects, anew if need be, and listens on all channels.
    ///
    /// - Throws: `behindPooler` when the address leads to a pooler, which would take LISTEN and deliver nothing.
    package func connect() throws(PostgresError) {
        close()
        let connection = try PostgresConnection(conninfo, options: options, canceller: canceller)
        guard !connection.isBehindPooler else {
            throw PostgresError(
                .behindPooler, "\(connection.target) is a connection pooler: notifications need a direct connection")
        }
        let commands = channels.map { "listen \"\($0.replacing("\"", with: "\"\""))\"" }
        try connection.execute(commands.joined(separator: ";"))
        self.connection = connection
    }

    package func close() {
        connection?.close()
        connection = nil
    }

    /// Blocks until something happens, at most for `timeout`. A stop goes before a wake, a wake before notifications.
    package func wait(timeout: Duration) -> Event {
        let deadline = ContinuousClock.now.advanced(by: timeout)
        while true {
            if signal.isStopped { return .stopped }
            let received = takeNotifications()
            if !received.isEmpty { return .notifications(received) }
            let remaining = ContinuousClock.now.duration(to: deadline)
            guard remaining > .zero else { return .timedOut }
            let ready = poll(timeout: remaining)
            if ready.signal, signal.consume() { return signal.isStopped ? .stopped : .woken }
            if ready.connection, let error = readConnection() {
                close()
                return .lost(error)
            }
        }
    }

    private func poll(timeout: Duration) -> (signal: Bool, connection: Bool) {
        // poll leaves out a negative descriptor.
        var descriptors = [
            pollfd(fd: signal.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: connection?.socket ?? -1, events: Int16(POLLIN), revents: 0),
        ]
        guard Glibc.poll(&descriptors, 2, timeout.pollTimeout) > 0 else { return (false, false) }
        return (descriptors[0].revents != 0, descriptors[1].revents != 0)
    }

    private func readConnection() -> PostgresError? {
        guard let connection, !connection.isStillOpen() else { return nil }
        return PostgresError(
            .connection, "the connection that waits for notifications was lost: \(connection.lastFailure)")
    }

    private func takeNotifications() -> [Notification] {
        guard let connection, let handle = try? connection.open() else { return [] }
        var notifications: [Notification] = []
        while let notification = PQnotifies(handle) {
            notifications.append(
                Notification(
                    channel: String(cString: notification.pointee.relname),
                    payload: String(cString: notification.pointee.extra)
                ))
            PQfreemem(notification)
        }
        return notifications
    }
}
