import PostgresClient
import TestSupport

/// How a test makes two sessions meet at a chosen point: one opens a gate inside its transaction, the other waits for
/// that, and the first goes on once the second is seen to wait for a lock.
extension PostgresConnection {
    /// Until the transaction ends.
    func openGate() throws {
        try execute("select pg_advisory_xact_lock(1)")
    }

    func waitForGate() throws {
        try wait(
            until: """
                select exists (
                    select from pg_locks l join pg_database d on d.oid = l.database
                    where d.datname = current_database() and l.locktype = 'advisory' and l.classid = 0 and l.objid = 1
                )
                """
        )
    }

    /// Waits until another session of this database waits for a lock.
    func waitUntilBlocked(application: String) throws {
        try wait(
            until: """
                select exists (
                    select from pg_stat_activity
                    where datname = current_database() and application_name = '\(application)'
                        and wait_event_type = 'Lock'
                )
                """
        )
    }
}
