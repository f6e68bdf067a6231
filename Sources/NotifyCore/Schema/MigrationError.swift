package import PostgresClient

/// Why the schema could not be brought up to date. The description says what to do; nothing of the failed migration is
/// left in the database.
package enum MigrationError: Error, Sendable, CustomStringConvertible {
    /// Something held a lock that the migration, or the wait for another migrating process, could not get.
    case busy(Migration?, attempts: Int)
    /// The server refused a statement of the migration.
    case failed(Migration, PostgresError)
    /// The role may not do what the migration needs.
    case notAllowed(Migration, PostgresError)
    /// The database has migrations that this program does not know and cannot work with.
    case databaseIsNewer([Int])
    /// The database is older than this program.
    case pending(Int, of: Int)

    package var description: String {
        switch self {
        case .busy(let migration?, let attempts):
            "migration \(migration.label) found the tables busy in all of its \(attempts) attempts;"
                + " look for a long transaction in pg_stat_activity, then run it again"
        case .busy(nil, let attempts):
            "another process is migrating this database, and was still at it after \(attempts) attempts"
        case .failed(let migration, let error):
            "migration \(migration.label) failed: \(error.message)\(error.hint.map { " (\($0))" } ?? "")"
        case .notAllowed(let migration, let error):
            "the role may not apply migration \(migration.label): \(error.message);"
                + " it needs CREATEROLE and CREATE on the database, or to be a member of notify_owner"
        case .databaseIsNewer(let numbers):
            "the database has migrations that this program cannot work with"
                + " (\(numbers.map(String.init).joined(separator: ", "))); install a newer notify-worker"
        case .pending(let count, let all):
            "\(count) of \(all) migrations are missing in this database; run: notify-worker migrate"
        }
    }
}

extension Migration {
    var label: String { "\(number) (\(name))" }
}
