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
    /// How long data may stay unacknowledged, and a silent peer unanswering, before the connection counts as lost.
    package var networkTimeout: Duration = .seconds(30)
    /// Whether the server plans a statement once and not for each set of parameters (`plan_cache_mode`), and by indexes
    /// even where a table is still small: for sessions whose statements touch few rows, most of whose time planning
    /// would be. Behind a pooler it has no effect.
    package var reusesPlans = false
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

    /// Settings of a session that is ours, by their names in PostgreSQL.
    var sessionSettings: [(name: String, value: String)] {
        limits + (reusesPlans ? [("plan_cache_mode", "force_generic_plan"), ("enable_seqscan", "off")] : [])
    }

    /// Those that each transaction brings along where the session is not ours; in milliseconds.
    var limits: [(name: String, value: String)] {
        [("statement_timeout", statementTimeout), ("lock_timeout", lockTimeout)]
            .compactMap { name, timeout in
                timeout.map { (name, String(max($0.inMilliseconds, 1))) }
            }
    }
}
