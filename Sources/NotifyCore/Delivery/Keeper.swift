import Foundation
import Logging
import PostgresClient
import Threads

/// Keeps the queue in order beside the mails: our lease, the events of dead workers, partitions, purges.
final class Keeper {
    private static let housekeepingInterval = Duration.seconds(60)
    private static let purgeSlice = 1_000
    /// A feed grows slowly past its bound: one round over all users an hour, 200 users at a time.
    private static let trimInterval = Duration.seconds(3_600)
    private static let trimSlice = 200

    private let worker: WorkerIdentity
    private let retentionDays: Int
    private let adoption: JournalAdoption?
    private let database: DatabaseSession
    private let stop: StopSignal
    private let logger: Logger

    /// When this worker first extended its lease since it last could not in time, or since the database's clock was set.
    /// Others had the same: nobody rescues before they all had the time to come back and extend theirs.
    private var wroteSince: ContinuousClock.Instant?
    private var databaseClock = DatabaseClock()
    private var nextHeartbeat = ContinuousClock.now
    private var nextRescue = ContinuousClock.now
    private var nextHousekeeping = ContinuousClock.now
    private var nextTrim = ContinuousClock.now
    /// The last user whose feed was looked at in the round that is under way.
    private var trimmedUpTo: UUID?

    init(
        worker: WorkerIdentity, retentionDays: Int, adoption: JournalAdoption?, database: DatabaseSession,
        stop: StopSignal, logger: Logger
    ) {
        self.worker = worker
        self.retentionDays = retentionDays
        self.adoption = adoption
        self.database = database
        self.stop = stop
        self.logger = logger
    }

    private var heartbeatInterval: Duration { worker.lease / 4 }
    private var rescueInterval: Duration { min(.seconds(10), worker.lease / 6) }
    private var rescueGrace: Duration { Self.rescueGrace(forLease: worker.lease) }

    /// 20 s; with a short lease less, but never less than another worker needs to come back after the same outage.
    static func rescueGrace(forLease lease: Duration) -> Duration {
        min(.seconds(20), max(lease / 3, BackOff.longest * 1.5))
    }

    func run() {
        while !stop.isRequested {
            do {
                try turn()
                let next = min(nextHeartbeat, nextRescue, nextHousekeeping)
                if stop.wait(next - .now) { break }
            } catch {
                if error.isConnectionLost { wroteSince = nil }
                if database.recover(from: error, during: "keep") { break }
            }
        }
        database.close()
    }

    private func turn() throws(PostgresError) {
        let now = ContinuousClock.now
        if now >= nextHeartbeat { try heartbeat() }
        if now >= nextRescue {
            // Before, as below.
            nextRescue = now + Jitter.random().applied(to: rescueInterval)
            try each([adopt, rescue])
        }
        if now >= nextHousekeeping {
            // Before, so that one that fails is due again in a minute and not at once.
            nextHousekeeping = now + Jitter.random().applied(to: Self.housekeepingInterval)
            try keepHouse()
        }
    }

    private func heartbeat() throws(PostgresError) {
        let began = ContinuousClock.now
        let since = wroteSince
        wroteSince = nil
        let databaseNow = try database.run { queue throws(PostgresError) in
            try queue.heartbeat(workerID: worker.id, name: worker.name, lease: worker.lease)
        }
        let now = ContinuousClock.now
        worker.term.extend(sentAt: began, answeredAt: now)
        nextHeartbeat = began + heartbeatInterval
        wroteSince = since ?? now
        let reading = databaseClock.read(
            databaseNow, at: now, tolerance: heartbeatInterval + (now - began))
        guard let reading else { return }
        if let step = reading.step {
            logger.warning("the database's clock was set", metadata: ["step": "\(step.logText)"])
        }
        // Either way the others' leases may look run out although they live.
        if reading.step != nil || reading.passed > worker.lease { wroteSince = now }
    }

    private func adopt() throws(PostgresError) {
        guard let adoption else { return }
        try database.run { queue throws(PostgresError) in try adoption.run(in: queue) }
    }

    private func rescue() throws(PostgresError) {
        // Right before, or a clock that was set since, or a take-over that took long, would have us free what is in our own
        // hands.
        try heartbeat()
        guard let wroteSince, ContinuousClock.now - wroteSince >= rescueGrace else { return }
        let rescued = try database.run { queue throws(PostgresError) in try queue.rescue() }
        guard rescued.workers > 0 || rescued.events > 0 else { return }
        logger.warning(
            "freed the events of workers whose lease ran out",
            metadata: ["workers": "\(rescued.workers)", "events": "\(rescued.events)"])
    }

    private func keepHouse() throws(PostgresError) {
        try each([makePartitions, dropPartitions, purge])
    }

    /// Each chore is done even where another fails, or a partition that cannot be dropped would end all purging, and a
    /// journal that cannot be taken over all rescue.
    private func each(_ chores: [() throws(PostgresError) -> Void]) throws(PostgresError) {
        var failure: PostgresError?
        for chore in chores {
            do { try chore() } catch {
                if error.isConnectionLost { throw error }
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
    }

    private func makePartitions() throws(PostgresError) {
        try database.run { queue throws(PostgresError) in _ = try queue.ensurePartitions() }
    }

    private func dropPartitions() throws(PostgresError) {
        try database.run { queue throws(PostgresError) in
            _ = try queue.dropPartitions(retentionDays: retentionDays)
        }
    }

    /// Purges go in slices with a pause between them, so that they never hold up the queue; what the next heartbeat cuts
    /// short goes on a minute later.
    private func purge() throws(PostgresError) {
        while try purgeSlice() == Self.purgeSlice {
            if pause() { return }
        }
        guard ContinuousClock.now >= nextTrim else { return }
        while try trimSlice() {
            if pause() { return }
        }
        nextTrim = .now + Jitter.random().applied(to: Self.trimInterval)
    }

    /// Whether there is something else to do now than to keep house.
    private func pause() -> Bool {
        stop.wait(.milliseconds(100)) || ContinuousClock.now >= nextHeartbeat
    }

    private func purgeSlice() throws(PostgresError) -> Int {
        try database.run { queue throws(PostgresError) in
            max(
                try queue.purgeDedupeKeys(limit: Self.purgeSlice),
                try queue.purgeDeadEvents(limit: Self.purgeSlice),
                try queue.purgeAPIRows(limit: Self.purgeSlice)
            )
        }
    }

    /// False at the end of the round.
    private func trimSlice() throws(PostgresError) -> Bool {
        trimmedUpTo = try database.run { queue throws(PostgresError) in
            try queue.trimFeeds(after: trimmedUpTo, count: Self.trimSlice)
        }
        return trimmedUpTo != nil
    }
}
