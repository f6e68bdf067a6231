internal import CLibPQ
internal import Glibc

/// One connection to PostgreSQL, over libpq. Every call blocks; one thread at a time uses it, and only `canceller` may be
/// used from another.
///
/// Reads are protected against a peer that vanished by TCP keepalive, writes by `tcp_user_timeout`, and long statements
/// by the server's `statement_timeout`; see `ConnectionOptions`.
package final class PostgresConnection {
    package let options: ConnectionOptions
    package let target: ConnectionString
    package let canceller: Canceller

    /// Whether a pooler stands between, so that two statements may run in two sessions. Then nothing may be kept in a
    /// session: prepared statements, LISTEN, session settings. The options' settings are given with each transaction instead.
    package private(set) var isBehindPooler = false

    private var handle: OpaquePointer?
    var preparedStatements: [String: PreparedStatement] = [:]
    var preparedCount = 0

    /// Connects, and waits until that succeeded or failed, or was cut off.
    ///
    /// - Parameter canceller: of this connection, and of those that its owner made before or makes after it.
    /// - Throws: `usage` for a malformed string, otherwise `connection` with host, port, user, database and libpq's reason.
    package init(
        _ conninfo: String, options: ConnectionOptions = ConnectionOptions(), canceller: Canceller = Canceller()
    ) throws(PostgresError) {
        self.options = options
        self.canceller = canceller
        self.target = try ConnectionString(conninfo)
        try connect()
    }

    deinit {
        close()
    }

    /// Whether the connection stands, as far as the last call showed.
    package var isUsable: Bool {
        handle.map { PQstatus($0) == CONNECTION_OK } ?? false
    }

    /// Whether a transaction block is open, failed ones included.
    package var isInTransaction: Bool {
        guard let handle else { return false }
        return PQtransactionStatus(handle) != PQTRANS_IDLE
    }

    /// Major version times 10,000 plus the minor one, such as 150020; 0 when there is no connection.
    package var serverVersion: Int {
        handle.map { Int(PQserverVersion($0)) } ?? 0
    }

    /// Whether the server is a standby. PostgreSQL 14 and later report it by themselves; `nil` when this one, or the
    /// pooler before it, does not.
    package var isInRecovery: Bool? { reported("in_hot_standby") }

    /// Whether transactions are read-only by default, as on a standby; `nil` as above.
    package var isReadOnly: Bool? { reported("default_transaction_read_only").map { $0 || isInRecovery == true } }

    private func reported(_ parameter: String) -> Bool? {
        guard let handle, let value = PQparameterStatus(handle, parameter) else { return nil }
        return strcmp(value, "on") == 0
    }

    var usesPreparedStatements: Bool { options.usesPreparedStatements ?? !isBehindPooler }

    /// Closes the connection. Everything then throws `closed`.
    package func close() {
        guard let handle else { return }
        canceller.aim(at: nil)
        PQfinish(handle)
        self.handle = nil
        preparedStatements.removeAll()
    }

    /// Whether the connection, unused for a while, still stands, without a round trip: a server that closed it, or said
    /// that it would, has left something to read.
    package func isStillOpen() -> Bool {
        guard let handle else { return false }
        // A farewell and the end behind it are read one after the other. 8: more than a server says to an idle session.
        for _ in 0..<8 where isUsable {
            var descriptor = pollfd(fd: PQsocket(handle), events: Int16(POLLIN), revents: 0)
            guard poll(&descriptor, 1, 0) > 0 else { return true }
            guard PQconsumeInput(handle) == 1 else { return false }
        }
        return isUsable
    }

    /// What libpq says of the last failure.
    var lastFailure: String {
        handle.map { PostgresError.singleLine(PQerrorMessage($0)) } ?? "closed"
    }

    /// The descriptor to poll; -1 without a connection.
    var socket: Int32 {
        handle.map { PQsocket($0) } ?? -1
    }

    /// The open handle, for the extensions of this class.
    func open() throws(PostgresError) -> OpaquePointer {
        guard let handle else { throw PostgresError(.closed, "the connection to PostgreSQL was closed") }
        return handle
    }
}

extension PostgresConnection {
    private func connect() throws(PostgresError) {
        // Later keywords go before earlier ones; the connection string stands between the defaults and the encoding.
        var keywords = options.connectionDefaults
        keywords.append(("dbname", target.text))
        keywords.append(("client_encoding", "UTF8"))
        guard let handle = try ConnectAttempt.run(keywords, canceller: canceller) else {
            throw PostgresError(.connection, "cannot connect to PostgreSQL at \(target): given up")
        }
        guard PQstatus(handle) == CONNECTION_OK else {
            let reason = PostgresError.singleLine(PQerrorMessage(handle))
            PQfinish(handle)
            throw PostgresError(.connection, "cannot connect to PostgreSQL at \(target): \(reason)")
        }
        self.handle = handle
        // Without this, libpq writes notices to stderr. What matters comes as an error or a row.
        PQsetNoticeReceiver(handle, { _, _ in }, nil)
        canceller.aim(at: handle)
        do {
            try beginSession(handle)
        } catch {
            close()
            throw error
        }
    }

    /// One round trip that finds out whether the session is ours and, if it is, makes its settings.
    ///
    /// A pooler makes up the process id that it gives its clients (PgBouncer: random bits, part of the cancel key), so
    /// it differs from the one that the session itself names. PgBouncer 1.18 in both modes is told apart this way.
    /// Settings must not be sent through one: they would stick to whichever server connection took them.
    private func beginSession(_ handle: OpaquePointer) throws(PostgresError) {
        let isOurs = "pg_catalog.pg_backend_pid() = \(PQbackendPID(handle))"
        let settings = options.sessionSettings.map { name, value in
            ", case when \(isOurs) then pg_catalog.set_config('\(name)', '\(value)', false) end"
        }
        let result = PQexec(handle, "select \(isOurs)\(settings.joined())")
        defer { PQclear(result) }
        guard let result, PQresultStatus(result) == PGRES_TUPLES_OK, let answer = PQgetvalue(result, 0, 0) else {
            throw PostgresError(result: result, connection: handle)
        }
        isBehindPooler = strcmp(answer, "t") != 0
    }
}
