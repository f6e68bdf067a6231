internal import Threads

/// How a connection is made and kept. What the connection string itself says goes before all of these but encoding.
package struct ConnectionOptions: Sendable {
    /// Shown in `pg_stat_activity` and the server's log.
    package var applicationName = "notify-worker"
    /// For each host in turn. libpq counts whole seconds, at least 2.
    package var connectTimeout: Duration = .seconds(10)
    /// The server ends a statement that runs longer (57014). `nil` leaves the server's setting.
    package var statementTimeout: Duration?
    /// The server ends a statement that waits longer for one lock (55P03). `nil` leaves the server's setting.
    package var lockTimeout: Duration?
    /// Rows are looked up by an index and in its order wherever that is possible, whatever the statistics say: for
    /// statements that know their few rows in a table whose size changes faster than its statistics.
    package var prefersIndexes = false
    /// How long data may stay unacknowledged, and a silent peer unanswering, before the connection counts as lost.
    package var networkTimeout: Duration = .seconds(30)
    /// `nil`: unless the connection goes through a pooler, which may run each statement in another session.
    package var usesPreparedStatements: Bool?

    package init(applicationName: String = "notify-worker") {
        self.applicationName = applicationName
    }
}

extension ConnectionOptions {
    /// libpq's keywords for what holds unless the connection string says otherwise.
    var connectionDefaults: [(keyword: String, value: String)] {
        // Half of the time is spent waiting for the first probe, the rest on three of them.
        let seconds = max(networkTimeout.components.seconds, 6)
        return [
            ("fallback_application_name", applicationName),
            ("connect_timeout", String(max(connectTimeout.components.seconds, 2))),
            ("keepalives", "1"),
            ("keepalives_idle", String(seconds / 2)),
            ("keepalives_interval", String(seconds / 6)),
            ("keepalives_count", "3"),
            ("tcp_user_timeout", String(seconds * 1000)),
        ]
    }

    /// Settings of the session by their names in PostgreSQL, times in milliseconds.
    var sessionSettings: [(name: String, value: String)] {
        let limits = [("statement_timeout", statementTimeout), ("lock_timeout", lockTimeout)]
            .compactMap { name, timeout in timeout.map { (name, String(max($0.inMilliseconds, 1))) } }
        return limits + (prefersIndexes ? Self.indexSettings : [])
    }

    /// What is switched off counts as costly, and what seems costly is compiled, which takes longer than it runs.
    private static let indexSettings = ["enable_seqscan", "enable_bitmapscan", "enable_sort", "jit"].map { ($0, "off") }
}
