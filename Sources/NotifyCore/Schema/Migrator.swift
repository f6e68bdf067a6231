internal import Glibc
package import PostgresClient

/// Brings a database's schema up to date. Blocks; the connection is its own meanwhile.
///
/// Safe from several processes at once and while workers run: every migration is a transaction that takes one lock for
/// all migrators before it looks at anything (looking first loses the race, 5 of 5 runs), and locks of transactions
/// only, because of poolers. No migration waits longer than `lockTimeout` for a lock, as whatever comes after it for
/// that table would wait behind it; it is undone and tried again.
package struct Migrator {
    package var lockTimeout: Duration = .seconds(5)
    package var attempts = 12
    package var pause: Duration = .seconds(1)

    private let connection: PostgresConnection
    private let migrations: [Migration]

    package init(_ connection: PostgresConnection, migrations: [Migration] = Migration.all) {
        self.connection = connection
        self.migrations = migrations
    }

    /// Applies what is pending, in order, and returns it.
    ///
    /// - Throws: `MigrationError`, or `PostgresError` when the connection broke. What was applied before stays.
    package func migrate(progress: (MigrationProgress) -> Void = { _ in }) throws -> [Migration] {
        let newer = try status().filter { !$0.isKnown }
        guard newer.allSatisfy({ !$0.isBreaking }) else {
            throw MigrationError.databaseIsNewer(newer.filter(\.isBreaking).map(\.number))
        }
        if !newer.isEmpty { progress(.newer(newer)) }
        var applied: [Migration] = []
        while let migration = try applyNext(progress) {
            applied.append(migration)
            progress(.applied(migration))
        }
        return applied
    }

    /// Makes sure that this program can work with the schema as it is. The worker, API and operator roles may ask.
    ///
    /// - Throws: `MigrationError.pending` or `.databaseIsNewer`; `PostgresError` when it cannot be asked.
    package func check() throws {
        let status = try status()
        let breaking = status.filter { !$0.isKnown && $0.isBreaking }
        guard breaking.isEmpty else { throw MigrationError.databaseIsNewer(breaking.map(\.number)) }
        let pending = status.count { $0.appliedAt == nil }
        guard pending == 0 else { throw MigrationError.pending(pending, of: status.count) }
    }

    /// What `migrate` would apply now. The worker, API and operator roles may ask too.
    package func pending() throws -> [Migration] {
        let applied = try Set(status().filter { $0.appliedAt != nil }.map(\.number))
        return migrations.filter { !applied.contains($0.number) }
    }

    /// All migrations that this program or the database knows, by number.
    package func status() throws -> [MigrationStatus] {
        let known = Set(migrations.map(\.number))
        let applied = try appliedMigrations(known)
        let appliedNumbers = Set(applied.map(\.number))
        let pending = migrations.filter { !appliedNumbers.contains($0.number) }
            .map {
                MigrationStatus(number: $0.number, name: $0.name, appliedAt: nil, isKnown: true, isBreaking: false)
            }
        return (applied + pending).sorted { $0.number < $1.number }
    }

    private func appliedMigrations(_ known: Set<Int>) throws -> [MigrationStatus] {
        guard try hasTable() else { return [] }
        let rows = try connection.run(
            Statement("select number, name, applied_at, is_breaking from notify.migrations order by number")
        )
        return try (0..<rows.count)
            .map { row in
                let number = try Int(rows.int32(row, 0))
                return MigrationStatus(
                    number: number, name: try rows.string(row, 1), appliedAt: try rows.timestamp(row, 2),
                    isKnown: known.contains(number), isBreaking: try rows.bool(row, 3)
                )
            }
    }

    /// Reads the catalog itself: a cast to regclass answers from the session's cache, which does not learn, while it
    /// waits for an advisory lock, what another process has made.
    private func hasTable() throws -> Bool {
        try connection.run(
            Statement(
                """
                select exists (
                    select from pg_class c join pg_namespace n on n.oid = c.relnamespace
                    where n.nspname = 'notify' and c.relname = 'migrations'
                )
                """
            )
        )
        .bool(0, 0)
    }
}

extension Migrator {
    /// Applies the first pending migration, again and again while something is in its way; nil when none is left.
    private func applyNext(_ progress: (MigrationProgress) -> Void) throws -> Migration? {
        var attempt = 1
        while true {
            // Known once the lock is ours.
            var current: Migration?
            do {
                return try connection.transaction { _ in
                    try takeLock()
                    guard let next = try pending().first else { return nil }
                    current = next
                    progress(.applying(next))
                    try apply(next)
                    return next
                }
            } catch let error as PostgresError {
                guard error.sqlState == .lockNotAvailable || error.sqlState == .deadlockDetected else {
                    throw explained(error, current)
                }
                guard attempt < attempts else { throw MigrationError.busy(current, attempts: attempt) }
                progress(.busy(current, attempt: attempt))
                attempt += 1
                usleep(UInt32(clamping: Int64(pause / .microseconds(1))))
            }
        }
    }

    private func takeLock() throws {
        // 0 would mean forever.
        let milliseconds = max(1, Int64(lockTimeout / .milliseconds(1)))
        try connection.execute(
            "set local lock_timeout = \(milliseconds); select pg_advisory_xact_lock(\(Self.lockKey))")
    }

    /// The first one makes the table in which numbers are kept, and ends as notify_owner; each later one begins so,
    /// with its number: should the lock ever fail, the second process fails there, before it has changed anything.
    private func apply(_ migration: Migration) throws {
        let insert = "insert into notify.migrations (number, name) values (\(migration.number), '\(migration.name)')"
        if try hasTable() {
            try connection.execute("set local role notify_owner; \(insert)")
            try connection.execute(migration.sql)
        } else {
            try connection.execute(migration.sql)
            try connection.execute(insert)
        }
    }

    private func explained(_ error: PostgresError, _ migration: Migration?) -> any Error {
        guard let migration, case .server(let state) = error.code, !error.isConnectionLost else { return error }
        return state == .insufficientPrivilege
            ? MigrationError.notAllowed(migration, error) : MigrationError.failed(migration, error)
    }

    /// "notify" in ASCII: the advisory lock that all migrators of a database share.
    private static let lockKey: Int64 = 0x6e6f_7469_6679
}
