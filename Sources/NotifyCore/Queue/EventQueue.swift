import Foundation
import PostgresClient
import Threads

/// The queue as one worker uses it, over one connection. Every call blocks.
///
/// All times are the database's. Each method is one transaction of its own.
struct EventQueue {
    let connection: PostgresConnection

    /// A worker's identity: the id that its leases carry.
    struct Registration: Sendable {
        let workerID: Int64
        let installationID: UUID
    }

    /// Enters a new worker whose leases last `lease` from now on.
    func register(name: String, lease: Duration) throws(PostgresError) -> Registration {
        let rows = try connection.run(QueueStatements.registerWorker, [name, lease.inSeconds])
        return Registration(workerID: try rows.int64(0, 0), installationID: try rows.uuid(0, 1))
    }

    /// Extends the lease of everything that the worker holds; the database's time (µs) then.
    @discardableResult
    func heartbeat(workerID: Int64, name: String, lease: Duration) throws(PostgresError) -> Int64 {
        try connection.run(QueueStatements.heartbeat, [workerID, name, lease.inSeconds]).timestamp(0, 0)
    }

    /// Which database this is, beside its installation id; nil where the server does not say.
    func databaseFingerprint() throws(PostgresError) -> Int64? {
        do throws(PostgresError) {
            return try connection.run(QueueStatements.fingerprintDatabase).int64(0, 0)
        } catch {
            if error.sqlState == .insufficientPrivilege { return nil }
            throw error
        }
    }

    /// Removes the worker and frees at once whatever it still holds, but for events that are still to be written: with one
    /// of these the worker's lease stays too.
    func signOff(workerID: Int64, keeping unwritten: [Int64] = []) throws(PostgresError) {
        _ = try connection.run(QueueStatements.signOffWorker, [workerID, unwritten])
    }

    /// Frees what workers hold whose lease ran out: how many workers and events.
    func rescue() throws(PostgresError) -> (workers: Int, events: Int) {
        let rows = try connection.run(QueueStatements.rescue)
        return (Int(try rows.int64(0, 0)), Int(try rows.int64(0, 1)))
    }

    /// Ids and leases of what the database believes the worker to hold.
    func leased(workerID: Int64) throws(PostgresError) -> [(eventID: Int64, leaseID: Int64)] {
        let rows = try connection.run(QueueStatements.listLeased, [workerID])
        var leased: [(eventID: Int64, leaseID: Int64)] = []
        for row in 0..<rows.count {
            leased.append((try rows.int64(row, 0), try rows.int64(row, 1)))
        }
        return leased
    }

    /// Frees events that the worker holds without knowing it.
    func free(_ orphans: [(eventID: Int64, leaseID: Int64)]) throws(PostgresError) {
        _ = try connection.run(QueueStatements.freeOrphans, [orphans.map(\.eventID), orphans.map(\.leaseID)])
    }

    /// Frees what a killed worker had begun, into the suspect lane.
    func markSuspects(
        _ entries: [JournalEntry], isAlone: Bool, holding kinds: Set<String>
    ) throws(PostgresError) -> Settled {
        var parameters = Parameters()
        parameters.append(entries.map(\.eventID))
        parameters.append(entries.map(\.leaseID))
        parameters.append(entries.map { $0.stage == .sending })
        parameters.append(isAlone)
        parameters.append(ClaimPlanner.suspectLane)
        parameters.append(kinds.sorted())
        return try Settled([try connection.run(QueueStatements.markSuspects, parameters)])
    }

    struct Promotion {
        let count: Int
        /// The latest due time (µs) among the promoted events.
        let latestDue: Int64?
        /// Until the next event is due that waits now; nil when none waits.
        let nextDue: Duration?
    }

    /// Makes events ready whose time has come, at most `limit`, starting at due time `floor` (µs).
    func promote(from floor: Int64, limit: Int) throws(PostgresError) -> Promotion {
        let rows = try connection.run(
            QueueStatements.promote, [Timestamp(microseconds: floor), Int32(limit)])
        let now = try rows.timestamp(0, 2)
        return Promotion(
            count: Int(try rows.int64(0, 0)),
            latestDue: try rows.optionalTimestamp(0, 1),
            nextDue: try rows.optionalTimestamp(0, 3).map { .microseconds($0 - now) }
        )
    }

    /// Removes at most `limit` de-duplication keys whose seven days are over.
    func purgeDedupeKeys(limit: Int) throws(PostgresError) -> Int {
        try connection.run(QueueStatements.purgeDedupeKeys, [Int32(limit)]).affectedCount
    }

    /// Removes at most `limit` payloads that were kept aside for seven days.
    func purgeDeadEvents(limit: Int) throws(PostgresError) -> Int {
        try connection.run(QueueStatements.purgeDeadEvents, [Int32(limit)]).affectedCount
    }

    /// Removes what the API leaves behind: old feed rows, sessions and idempotency keys, at most `limit` of each; the most
    /// that went from one table.
    func purgeAPIRows(limit: Int) throws(PostgresError) -> Int {
        Int(try connection.run(QueueStatements.purgeAPIRows, [Int32(limit)]).int32(0, 0))
    }

    /// Cuts the feeds of the next `count` users after `userID` to their newest entries. The last user it looked at; nil
    /// at the end of all.
    func trimFeeds(after userID: UUID?, count: Int) throws(PostgresError) -> UUID? {
        try connection.run(QueueStatements.trimFeeds, [userID, Int32(count)]).optionalUUID(0, 0)
    }

    /// Makes the outcome partitions of the next 14 days; how many were missing.
    func ensurePartitions() throws(PostgresError) -> Int {
        Int(try connection.run(QueueStatements.ensurePartitions).int32(0, 0))
    }

    /// Drops outcome partitions of days that ended more than `retentionDays` ago; how many.
    func dropPartitions(retentionDays: Int) throws(PostgresError) -> Int {
        Int(try connection.run(QueueStatements.dropPartitions, [Int32(retentionDays)]).int32(0, 0))
    }
}
