package import Foundation
package import PostgresClient

/// Reads and changes users' switches. Reads and changes that come together share a round trip, changes also a commit.
package struct PreferenceStore: Sendable {
    private let pool: ConnectionPool
    private let reader: QueryBatcher<UUID, EmailPreferences?>
    private let changer: QueryBatcher<PreferenceChange, PreferenceChangeResult?>

    package init(_ pool: ConnectionPool) {
        self.pool = pool
        reader = QueryBatcher(pool) { users, connection in try Self.read(users, connection) }
        // Two at once: one writes while the other is flushed to disk.
        changer = QueryBatcher(pool, limit: 64, maximumRunning: 2) { changes, connection in
            try Self.change(changes, connection)
        }
    }

    /// Nil for a user who is not there.
    package func preferences(of userID: UUID) async throws -> EmailPreferences? {
        try await reader.run(userID)
    }

    /// Counts from its return on for every mail whose content is not yet on its way, queued ones included.
    ///
    /// - Throws: `PostgresError`; `timeout` when somebody else's transaction has held the user's row for two seconds.
    package func apply(_ change: PreferenceChange) async throws -> PreferenceChangeResult {
        let deadline = ContinuousClock.now + .seconds(2)
        var pause = Duration.milliseconds(5)
        while true {
            if let result = try await changer.run(change) { return result }
            // No connection waits for the row, which other users' changes may need.
            guard ContinuousClock.now < deadline else { throw PostgresError(.timeout, "the user's row is locked") }
            try await Task.sleep(for: pause)
            pause = min(pause * 2, .milliseconds(100))
        }
    }

    /// Newest first, those before `id`; at least the last 500 of a user are kept.
    package func history(
        of userID: UUID, before id: Int64?, limit: Int
    ) async throws -> [RecordedPreferenceChange] {
        try await pool.withConnection { connection in
            let rows = try connection.run(PreferenceStatements.history, [userID, id, limit])
            return try (0..<rows.count)
                .map { row in
                    RecordedPreferenceChange(
                        id: try rows.int64(row, 0), emailSwitch: try rows.string(row, 1),
                        enabled: try rows.bool(row, 2), changedAt: try rows.moment(row, 3),
                        via: try rows.string(row, 4), actor: try rows.string(row, 5))
                }
        }
    }

    private static func read(_ users: [UUID], _ connection: PostgresConnection) throws -> [EmailPreferences?] {
        let rows = try connection.run(PreferenceStatements.read, [Array(Set(users))])
        var found: [UUID: EmailPreferences] = [:]
        for row in 0..<rows.count {
            found[try rows.uuid(row, 0)] = EmailPreferences(
                version: try rows.int64(row, 1), switchesOff: try switches(rows, row, 2))
        }
        return users.map { found[$0] }
    }

    /// Nil for a change that was not tried because the user's row is locked.
    private static func change(
        _ changes: [PreferenceChange], _ connection: PostgresConnection
    ) throws -> [PreferenceChangeResult?] {
        let json = "[\(changes.map(\.json).joined(separator: ","))]"
        let rows = try connection.run(PreferenceStatements.change, [JSONText(json)])
        var results = [PreferenceChangeResult?](repeating: .unknownUser, count: changes.count)
        for row in 0..<rows.count {
            let index = Int(try rows.int32(row, 0))
            switch try rows.optionalString(row, 1) {
            case nil:
                results[index] = .done(
                    EmailPreferences(version: try rows.int64(row, 2), switchesOff: try switches(rows, row, 3)))
            case "version_mismatch": results[index] = .versionMismatch
            case "locked": results[index] = nil
            case "unknown_user": results[index] = .unknownUser
            case let problem?:
                throw PostgresError(
                    .decoding, "notify.change_email_preferences refused a change as “\(problem)”, unknown here")
            }
        }
        return results
    }

    private static func switches(_ rows: Rows, _ row: Int, _ column: Int) throws -> Set<EmailSwitch> {
        Set(try rows.stringArray(row, column).compactMap(EmailSwitch.init))
    }
}

extension PreferenceChange {
    /// For `notify.change_email_preferences`. Nothing in it is text from outside: ids, names of switches, numbers.
    fileprivate var json: String {
        let switches = switches.map { "\"\($0.key.rawValue)\":\($0.value)" }.joined(separator: ",")
        let version = expectedVersion.map { "\($0)" } ?? "null"
        return """
            {"user_id":"\(userID.lowercaseText)","switches":{\(switches)},"version":\(version),\
            "via":"\(actor.via)","actor":"\(actor.name)"}
            """
    }
}

/// The statements behind the switches.
enum PreferenceStatements {
    static let read = Statement(
        name: "read_preferences",
        sql: """
            select user_id, version, switches_off from notify.read_email_preferences($1::uuid[])
            """)
    static let change = Statement(
        name: "change_preferences",
        sql: """
            select index, problem, version, switches_off
            from notify.change_email_preferences($1::jsonb, skip_locked => true)
            """)
    static let history = Statement(
        name: "preference_history",
        sql: """
            select id, switch, enabled, changed_at, via, actor
            from notify.email_preference_changes
            where user_id = $1::uuid and ($2::bigint is null or id < $2)
            order by id desc
            limit $3::bigint
            """)
    static let unsubscribePage = Statement(
        name: "unsubscribe_page",
        sql: """
            select u.locale, o.name,
                coalesce(
                    (
                        select p.enabled from notify.email_preferences p
                        where p.user_id = u.id and p.switch = $2::text
                    ),
                    true
                ),
                notify.may_undo_unsubscribe(u.id, $2::text, $3::bigint)
            from notify.users u
            -- The feed's row goes sooner than the outcome where a user gets very much.
            left join notify.organizations o on o.id = coalesce(
                (select n.organization_id from notify.notifications n where n.event_id = $3::bigint and n.user_id = u.id),
                (select d.organization_id from notify.deliveries d where d.event_id = $3::bigint and d.user_id = u.id limit 1)
            )
            where u.id = $1::uuid
            """)
    static let undoUnsubscribe = Statement(
        name: "undo_unsubscribe", sql: "select notify.undo_unsubscribe($1::uuid, $2::text, $3::bigint)")
}
