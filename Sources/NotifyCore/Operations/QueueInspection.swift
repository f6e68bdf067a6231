package import PostgresClient

/// What an operator sees of the queue. Reads only; each call is one statement.
package struct QueueInspection {
    private let connection: PostgresConnection

    package init(_ connection: PostgresConnection) {
        self.connection = connection
    }

    /// Open events by state and kind, in the order of their way through the queue.
    package func depth() throws(PostgresError) -> [QueueDepth] {
        let rows = try connection.run(OperatorStatements.depth)
        var depths: [QueueDepth] = []
        for row in 0..<rows.count {
            depths.append(
                QueueDepth(
                    state: try rows.string(row, 0), kind: try rows.string(row, 1), events: try rows.int64(row, 2),
                    oldestAgeSeconds: try rows.optionalDouble(row, 3) ?? 0))
        }
        return depths
    }

    /// Workers that signed on and have not signed off.
    package func workers() throws(PostgresError) -> [WorkerStatus] {
        let rows = try connection.run(OperatorStatements.workers)
        var workers: [WorkerStatus] = []
        for row in 0..<rows.count {
            workers.append(
                WorkerStatus(
                    id: try rows.int64(row, 0), name: try rows.string(row, 1), startedAt: try rows.moment(row, 2),
                    heartbeatAgeSeconds: try rows.double(row, 3), leaseEndsInSeconds: try rows.double(row, 4),
                    leasedEvents: try rows.int64(row, 5)))
        }
        return workers
    }

    /// What the connection's role lacks of the rights that a worker needs, in words; empty when nothing.
    package func missingRights() throws(PostgresError) -> [String] {
        let rows = try connection.run(OperatorStatements.rights)
        var missing: [String] = []
        for row in 0..<rows.count { missing.append(try rows.string(row, 0)) }
        return missing
    }

    /// Whether the connection's role has the rights that the HTTP API needs.
    package func mayServeAPI() throws(PostgresError) -> Bool {
        try connection.run(OperatorStatements.apiRights).bool(0, 0)
    }

    /// What relays refused most in the last 15 minutes without its being charged to an event, in words; nil for nothing.
    package func recentRefusals() throws(PostgresError) -> String? {
        let rows = try connection.run(OperatorStatements.refusals)
        guard !rows.isEmpty else { return nil }
        let (relay, phase, codes) = (try rows.string(0, 0), try rows.string(0, 1), try rows.string(0, 2))
        return "\(relay) answered \(phase) with \(codes) \(try rows.int64(0, 3)) times in the last 15 minutes"
    }

    /// Failed and expired events whose payload is still kept, newest first.
    package func dead(reason: String?, kind: String?, limit: Int) throws(PostgresError) -> [DeadEvent] {
        let rows = try connection.run(OperatorStatements.dead, [reason, kind, limit])
        var events: [DeadEvent] = []
        for row in 0..<rows.count {
            events.append(
                DeadEvent(
                    id: try rows.int64(row, 0), kind: try rows.string(row, 1),
                    userID: try rows.optionalUUIDText(row, 2),
                    organizationID: try rows.optionalUUIDText(row, 3), outcome: try rows.string(row, 4),
                    reason: try rows.string(row, 5), detail: try rows.optionalString(row, 6),
                    attempts: Int(try rows.int32(row, 7)), finishedAt: try rows.moment(row, 8),
                    ageSeconds: try rows.double(row, 9)))
        }
        return events
    }

    /// Events that wait for a person, the longest held first.
    package func held(kind: String?, limit: Int) throws(PostgresError) -> [HeldEvent] {
        let rows = try connection.run(OperatorStatements.held, [kind, limit])
        var events: [HeldEvent] = []
        for row in 0..<rows.count {
            events.append(
                HeldEvent(
                    id: try rows.int64(row, 0), kind: try rows.string(row, 1),
                    userID: try rows.optionalUUIDText(row, 2), organizationID: try rows.optionalUUIDText(row, 3),
                    attempts: Int(try rows.int32(row, 4)), heldAt: try rows.optionalMoment(row, 5),
                    relay: try rows.optionalString(row, 6), detail: try rows.optionalString(row, 7),
                    expiresAt: try rows.moment(row, 8), ageSeconds: try rows.optionalDouble(row, 9) ?? 0))
        }
        return events
    }
}

/// How many open events of a kind are in a state.
package struct QueueDepth: Sendable, Hashable, Encodable {
    package let state: String
    package let kind: String
    package let events: Int64
    /// Since the oldest was due; 0 for what is not due yet.
    package let oldestAgeSeconds: Double
}

/// A worker process as the database knows it.
package struct WorkerStatus: Sendable, Hashable, Encodable {
    package let id: Int64
    /// Host and process id.
    package let name: String
    package let startedAt: Moment
    package let heartbeatAgeSeconds: Double
    /// Negative once the lease has run out: the worker is gone or cannot reach the database.
    package let leaseEndsInSeconds: Double
    package let leasedEvents: Int64

    package var isAlive: Bool { leaseEndsInSeconds > 0 }
}

/// An open event whose mail may have gone out, and that waits for a person to decide.
package struct HeldEvent: Sendable, Hashable, Encodable {
    package let id: Int64
    package let kind: String
    package let userID: String?
    package let organizationID: String?
    package let attempts: Int
    /// When the attempt ended that nobody knows the outcome of; nil once it has been dropped with its day.
    package let heldAt: Moment?
    /// Whose log can tell.
    package let relay: String?
    package let detail: String?
    package let expiresAt: Moment
    package let ageSeconds: Double
}

/// An event that ended as failed or expired and can still be retried by hand.
package struct DeadEvent: Sendable, Hashable, Encodable {
    package let id: Int64
    package let kind: String
    package let userID: String?
    package let organizationID: String?
    package let outcome: String
    package let reason: String
    package let detail: String?
    package let attempts: Int
    package let finishedAt: Moment
    package let ageSeconds: Double
}
