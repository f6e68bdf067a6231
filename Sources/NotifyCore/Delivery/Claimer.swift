import Foundation
import Logging
import PostgresClient
import Threads

/// Takes work from the queue for as long as the path has room for it.
///
/// Polls every few milliseconds while there is work and backs off to a second when there is none; a notification, room
/// or a stop ends the wait at once. All that it remembers can be lost: a sweep finds everything again.
final class Claimer {
    private static let shortestWait = Duration.milliseconds(2)
    private static let longestWait = Duration.seconds(1)
    private static let promotionInterval = Duration.seconds(2)
    private static let batchSize = 128
    /// Reading more arrivals than this costs more than a sweep's one probe a bucket.
    private static let arrivalLimit = 2_000
    private static let bucketLimit = 10_000
    /// How long no relay may be usable before a drain gives up.
    private static let drainPatience = Duration.seconds(30)
    private static let firstBucket = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))

    private let path: DeliveryPath
    private let worker: WorkerIdentity
    private let database: DatabaseSession
    private let bell: Bell
    private let stop: StopSignal
    private let drain: DrainWatch?

    private var planner = ClaimPlanner()
    /// Everything that was ready in this snapshot is known to the planner; nil before the first sweep.
    private var snapshot: String?
    private var sweepFrom: UUID?
    private var sweeps = SweepSchedule(at: .now)
    private var nextPromotion = ContinuousClock.now
    private var promotionFloor: Int64 = 0
    private var idleWait = shortestWait
    private var suspectTurn = SuspectTurn()

    init(
        path: DeliveryPath, worker: WorkerIdentity, database: DatabaseSession, bell: Bell, stop: StopSignal,
        drain: DrainWatch?
    ) {
        self.path = path
        self.worker = worker
        self.database = database
        self.bell = bell
        self.stop = stop
        self.drain = drain
    }

    func run() {
        while !stop.isRequested {
            do {
                let claimed = try turn()
                if claimed == 0 { rest() } else { idleWait = Self.shortestWait }
            } catch {
                forget()
                if database.recover(from: error, during: "claim") { break }
            }
        }
        database.close()
    }

    /// One look at the queue and at most one claim; how many events it brought.
    private func turn() throws(PostgresError) -> Int {
        if let drain, let trouble = path.relayTrouble(for: Self.drainPatience) { drain.noRelay(trouble) }
        let isFirstLook = snapshot == nil && sweepFrom == nil
        let known = isFirstLook ? nil : nextAction()
        if known == .wait { return 0 }
        let room = path.room(batchSize: Self.batchSize)
        guard room.notifications > 0 || room.accountMails > 0 else { return 0 }
        // In one run: what succeeds before a statement that fails must not shorten the pause after it.
        let claimed = try database.run { queue throws(PostgresError) in
            if isFirstLook { try firstLook(in: queue) }
            try promote(in: queue)
            try look(in: queue)
            switch known ?? nextAction() {
            case .wait: return 0
            case .claimSuspect:
                guard let suspect = planner.suspect else { return 0 }
                return try claim([suspect], from: queue)
            case .claimOthers: return try claim(room, from: queue)
            }
        }
        if claimed == 0, let drain, path.inFlight.count == 0, try isNothingDue() { drain.nothingIsDue() }
        return claimed
    }

    private func promote(in queue: EventQueue) throws(PostgresError) {
        guard ContinuousClock.now >= nextPromotion else { return }
        let promotion = try queue.promote(from: promotionFloor, limit: 1_000)
        promotionFloor = max(promotionFloor, promotion.latestDue ?? 0)
        let wait = promotion.count == 1_000 ? .zero : promotion.nextDue ?? Self.promotionInterval
        nextPromotion = .now + min(wait, Self.promotionInterval)
    }

    /// Tells the planner what became ready: usually only what is new, now and then and at first everything.
    private func look(in queue: EventQueue) throws(PostgresError) {
        guard let since = snapshot, !sweeps.isDue(at: .now) else { return try sweep(queue) }
        let findings = try queue.discoverBuckets(since: since, limit: Self.arrivalLimit)
        note(findings)
        snapshot = findings.snapshot
        if findings.isCut { try sweep(queue) }
    }

    private func nextAction() -> SuspectTurn.Action {
        suspectTurn.next(hasSuspect: planner.suspect != nil, inFlight: path.inFlight.count, now: .now)
    }

    /// What killed workers left goes first: it is known before anything is claimed, however many organisations there are.
    private func firstLook(in queue: EventQueue) throws(PostgresError) {
        note(try queue.sweepBuckets(from: ClaimPlanner.suspectLane, limit: 2))
        try look(in: queue)
    }

    private func sweep(_ queue: EventQueue) throws(PostgresError) {
        // A claim whose answer was lost may commit late: nobody else knows of its events, and our heartbeat keeps them.
        if sweepFrom == nil { try path.releaseOrphans(of: worker.id, in: queue) }
        let began = ContinuousClock.now
        let findings = try queue.sweepBuckets(from: sweepFrom ?? Self.firstBucket, limit: Self.bucketLimit)
        note(findings)
        // A sweep in parts saw its first buckets in its first snapshot: what came to them since is still to be discovered.
        if sweepFrom == nil { snapshot = findings.snapshot }
        sweepFrom = findings.isCut ? findings.buckets.last?.bucket : nil
        promotionFloor = 0
        sweeps.swept(from: began, to: .now, isCut: findings.isCut)
    }

    private func note(_ findings: EventQueue.Findings) {
        for (bucket, position) in findings.buckets { planner.found(bucket, at: position) }
    }

    private func claim(_ room: DeliveryPath.Room, from queue: EventQueue) throws(PostgresError) -> Int {
        let shares = planner.plan(
            limit: min(Self.batchSize, room.notifications), accountLimit: min(Self.batchSize, room.accountMails))
        return shares.isEmpty ? 0 : try claim(shares, from: queue)
    }

    private func claim(_ shares: [ClaimPlanner.Share], from queue: EventQueue) throws(PostgresError) -> Int {
        let claims = try path.claim(shares, for: worker.id, from: queue)
        if claims.isEmpty { sweeps.missed(at: .now) }
        var counts: [UUID: (count: Int, last: ClaimPlanner.Position)] = [:]
        for claim in claims {
            counts[claim.bucket] = ((counts[claim.bucket]?.count ?? 0) + 1, claim.position)
        }
        for share in shares {
            planner.claimed(share, count: counts[share.bucket]?.count ?? 0, last: counts[share.bucket]?.last)
        }
        return claims.count
    }

    /// Nothing that waits for a relay alone counts as done while none can be used.
    private func isNothingDue() throws(PostgresError) -> Bool {
        try database.run { queue throws(PostgresError) in
            let promotion = try queue.promote(from: 0, limit: 1_000)
            let found = try queue.sweepBuckets(from: Self.firstBucket, limit: 1)
            return promotion.count == 0 && found.buckets.isEmpty && (path.isUsable || promotion.nextDue == nil)
        }
    }

    private func rest() {
        if bell.wait(timeout: Jitter.random().applied(to: idleWait)) {
            idleWait = Self.shortestWait
        } else {
            idleWait = min(idleWait * 2, Self.longestWait)
        }
    }

    private func forget() {
        planner = ClaimPlanner()
        snapshot = nil
        sweepFrom = nil
    }
}
