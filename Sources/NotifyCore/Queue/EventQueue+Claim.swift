import Foundation
import PostgresClient

extension EventQueue {
    /// The buckets with ready work, each with its first event, and the snapshot in which they were seen.
    struct Findings {
        let snapshot: String
        let buckets: [(bucket: UUID, position: ClaimPlanner.Position)]
        /// Whether there was more to read than the limit allowed.
        let isCut: Bool
    }

    /// Looks at every bucket from `bucket` on, at most `limit` of them.
    func sweepBuckets(from bucket: UUID, limit: Int) throws(PostgresError) -> Findings {
        let rows = try connection.run(QueueStatements.sweepBuckets, [bucket, Int32(limit)])
        var buckets: [(bucket: UUID, position: ClaimPlanner.Position)] = []
        for row in 0..<rows.count where !rows.isNull(row, 1) {
            let position = ClaimPlanner.Position(transaction: try rows.int64(row, 2), id: try rows.int64(row, 3))
            buckets.append((try rows.uuid(row, 1), position))
        }
        return Findings(snapshot: try rows.string(0, 0), buckets: buckets, isCut: buckets.count == limit)
    }

    /// The buckets of events that became ready since `snapshot`, reading at most about `limit` events.
    func discoverBuckets(since snapshot: String, limit: Int) throws(PostgresError) -> Findings {
        let rows = try connection.run(QueueStatements.discoverBuckets, [snapshot, Int32(limit)])
        var buckets: [(bucket: UUID, position: ClaimPlanner.Position)] = []
        var arrived = 0
        for row in 0..<rows.count where !rows.isNull(row, 1) {
            let position = ClaimPlanner.Position(transaction: try rows.int64(row, 2), id: 0)
            buckets.append((try rows.uuid(row, 1), position))
            arrived += Int(try rows.int64(row, 3))
        }
        return Findings(snapshot: try rows.string(0, 0), buckets: buckets, isCut: arrived >= limit)
    }

    /// An event with the place in its bucket that it was taken from.
    struct Claim {
        let event: ClaimedEvent
        let bucket: UUID
        let position: ClaimPlanner.Position
    }

    /// Leases the next events of each share to the worker. Nothing when the worker's own lease has run out.
    func claim(_ shares: [ClaimPlanner.Share], workerID: Int64) throws(PostgresError) -> [Claim] {
        var parameters = Parameters()
        parameters.append(shares.map(\.bucket))
        parameters.append(shares.map(\.start.transaction))
        parameters.append(shares.map(\.start.id))
        parameters.append(shares.map { Int32(clamping: $0.count) })
        parameters.append(workerID)
        parameters.append(EventKind.allNames)
        parameters.append(EventKind.allSwitchNames)
        let rows = try connection.run(QueueStatements.claim, parameters)
        var claims: [Claim] = []
        claims.reserveCapacity(rows.count)
        for row in 0..<rows.count {
            claims.append(try Self.claim(rows, row))
        }
        return claims
    }

    private static func claim(_ rows: Rows, _ row: Int) throws(PostgresError) -> Claim {
        let bucket = try rows.uuid(row, 14)
        let id = try rows.int64(row, 0)
        let event = ClaimedEvent(
            id: id,
            leaseID: try rows.int64(row, 1),
            kind: try rows.string(row, 2),
            userID: try rows.optionalUUID(row, 3),
            organizationID: try rows.optionalUUID(row, 4),
            organizationName: try rows.optionalString(row, 5),
            actorID: try rows.optionalUUID(row, 6),
            attempts: Int(try rows.int16(row, 7)),
            payload: try rows.optionalString(row, 8) ?? "null",
            messageID: try rows.uuid(row, 9),
            enqueuedAt: try rows.timestamp(row, 10),
            expiresAt: try rows.timestamp(row, 11),
            readAt: try rows.timestamp(row, 12),
            cancelReason: try cancelReason(rows, row, 13),
            recipient: try recipient(rows, row, from: 16),
            isAccountMail: try isAccountMail(rows, row, in: bucket),
            deaths: Int(try rows.int16(row, 24))
        )
        let position = ClaimPlanner.Position(transaction: try rows.int64(row, 15), id: id)
        return Claim(event: event, bucket: bucket, position: position)
    }

    /// By its lane; in the suspect lane by its kind, which no producer may use for anything else.
    private static func isAccountMail(_ rows: Rows, _ row: Int, in bucket: UUID) throws(PostgresError) -> Bool {
        if bucket == ClaimPlanner.suspectLane { return try rows.string(row, 2).hasPrefix("account_") }
        return bucket == ClaimPlanner.accountLane
    }

    /// Why an event is to be cancelled; nil when nobody asked. A reason that only a newer program knows still cancels.
    static func cancelReason(_ rows: Rows, _ row: Int, _ column: Int) throws(PostgresError) -> CancelReason? {
        try rows.optionalString(row, column).map { CancelReason(rawValue: $0) ?? .byProducer }
    }

    /// The eight columns that claim and re-check read about a recipient; nil when there is no address.
    static func recipient(
        _ rows: Rows, _ row: Int, from column: Int
    ) throws(PostgresError) -> Recipient? {
        guard let email = try rows.optionalString(row, column) else { return nil }
        return Recipient(
            email: email,
            displayName: try rows.string(row, column + 1),
            locale: try rows.optionalString(row, column + 2) ?? "en",
            timeZone: try rows.optionalString(row, column + 3) ?? "UTC",
            isActive: try rows.bool(row, column + 4),
            isMember: try rows.bool(row, column + 5),
            isSwitchOn: try rows.bool(row, column + 6),
            isSuppressed: try rows.bool(row, column + 7)
        )
    }
}

extension EventKind {
    static let allNames = allCases.map(\.rawValue)
    static let allSwitchNames = allCases.map(\.emailSwitch.rawValue)
}
