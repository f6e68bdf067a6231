package import PostgresClient

/// The whole life of one event, as far as the database still knows it.
package struct EventHistory: Sendable, Encodable {
    package let id: Int64
    package let open: Open?
    package let attempts: [Attempt]
    package let outcome: Ended?
    /// Set while the payload is kept for a retry by hand.
    package let keptSince: Moment?
    package let feed: Feed?

    package struct Open: Sendable, Encodable {
        package let kind: String
        /// `scheduled`, `ready`, `leased`, `retrying` or `held`.
        package let state: String
        package let userID: String?
        package let organizationID: String?
        package let organizationName: String?
        package let actorID: String?
        package let dueAt: Moment
        package let expiresAt: Moment
        package let enqueuedAt: Moment
        package let attempts: Int
        package let wasTried: Bool
        package let messageID: String
        package let leaseID: Int64?
        package let workerName: String?
        /// Who asked to cancel it while a worker had it, as the outcome's reason will say.
        package let cancelReason: String?
        package let retryOf: Int64?
        package let traceparent: String?
        /// An attempt may have reached the reader without our knowing.
        package let maybeSent: Bool
    }

    package struct Attempt: Sendable, Encodable {
        package let number: Int
        package let finishedAt: Moment
        package let relay: String?
        package let result: String
        package let phase: String?
        package let reply: Reply?
        package let wasCharged: Bool
        package let nextAt: Moment?
        package let detail: String?
    }

    package struct Ended: Sendable, Encodable {
        package let kind: String
        package let userID: String?
        package let organizationID: String?
        package let organizationName: String?
        package let outcome: String
        package let reason: String?
        package let attempts: Int
        package let reply: Reply?
        package let messageID: String
        package let leaseID: Int64?
        package let enqueuedAt: Moment
        package let finishedAt: Moment
        package let retryOf: Int64?
        package let relay: String?
        package let detail: String?
        /// It did not end as sent, yet an attempt may have reached the reader.
        package let maybeSent: Bool
    }

    /// What the relay said, with the recipient replaced.
    package struct Reply: Sendable, Encodable {
        package let code: Int
        package let enhancedCode: String?
        package let text: String?
    }

    package struct Feed: Sendable, Encodable {
        package let visibleAt: Moment
        package let createdAt: Moment
        package let readAt: Moment?
        package let retractedAt: Moment?
    }
}

extension EventHistory {
    /// Reads it; nil when the database knows nothing of this id (any more).
    ///
    /// The open row first: an event that is settled between two statements then shows as ended, never as unknown.
    package static func read(_ id: Int64, from connection: PostgresConnection) throws(PostgresError) -> EventHistory? {
        let open = try readOpen(id, connection)
        let attempts = try readAttempts(id, connection)
        let outcome = try readOutcome(id, connection)
        let feed = try readFeed(id, connection)
        let dead = try connection.run(OperatorStatements.deadEvent, [id])
        let keptSince = dead.isEmpty ? nil : try dead.moment(0, 1)
        if open == nil, outcome == nil, feed == nil, attempts.isEmpty { return nil }
        return EventHistory(
            id: id, open: outcome == nil ? open : nil, attempts: attempts, outcome: outcome, keptSince: keptSince,
            feed: feed)
    }

    private static func readOpen(_ id: Int64, _ connection: PostgresConnection) throws(PostgresError) -> Open? {
        let rows = try connection.run(OperatorStatements.event, [id])
        guard !rows.isEmpty else { return nil }
        return Open(
            kind: try rows.string(0, 0), state: try rows.string(0, 1), userID: try rows.optionalUUIDText(0, 2),
            organizationID: try rows.optionalUUIDText(0, 3), organizationName: try rows.optionalString(0, 4),
            actorID: try rows.optionalUUIDText(0, 5), dueAt: try rows.moment(0, 6), expiresAt: try rows.moment(0, 7),
            enqueuedAt: try rows.moment(0, 8), attempts: Int(try rows.int32(0, 9)), wasTried: try rows.bool(0, 10),
            messageID: try rows.uuidText(0, 11), leaseID: try rows.optionalInt64(0, 12),
            workerName: try rows.optionalString(0, 13), cancelReason: try rows.optionalString(0, 14),
            retryOf: try rows.optionalInt64(0, 15), traceparent: try rows.optionalString(0, 16),
            maybeSent: try rows.bool(0, 17))
    }

    private static func readAttempts(_ id: Int64, _ connection: PostgresConnection) throws(PostgresError) -> [Attempt] {
        let rows = try connection.run(OperatorStatements.attempts, [id])
        var attempts: [Attempt] = []
        for row in 0..<rows.count {
            attempts.append(
                Attempt(
                    number: Int(try rows.int32(row, 0)), finishedAt: try rows.moment(row, 1),
                    relay: try rows.optionalString(row, 2), result: try rows.string(row, 3),
                    phase: try rows.optionalString(row, 4), reply: try reply(rows, row, 5),
                    wasCharged: try rows.bool(row, 8), nextAt: try rows.optionalMoment(row, 9),
                    detail: try rows.optionalString(row, 10)))
        }
        return attempts
    }

    private static func readOutcome(_ id: Int64, _ connection: PostgresConnection) throws(PostgresError) -> Ended? {
        let rows = try connection.run(OperatorStatements.outcome, [id])
        guard !rows.isEmpty else { return nil }
        return Ended(
            kind: try rows.string(0, 0), userID: try rows.optionalUUIDText(0, 1),
            organizationID: try rows.optionalUUIDText(0, 2), organizationName: try rows.optionalString(0, 3),
            outcome: try rows.string(0, 4), reason: try rows.optionalString(0, 5),
            attempts: Int(try rows.int32(0, 6)), reply: try reply(rows, 0, 7), messageID: try rows.uuidText(0, 10),
            leaseID: try rows.optionalInt64(0, 11), enqueuedAt: try rows.moment(0, 12),
            finishedAt: try rows.moment(0, 13), retryOf: try rows.optionalInt64(0, 14),
            relay: try rows.optionalString(0, 15), detail: try rows.optionalString(0, 16),
            maybeSent: try rows.bool(0, 17))
    }

    private static func readFeed(_ id: Int64, _ connection: PostgresConnection) throws(PostgresError) -> Feed? {
        let rows = try connection.run(OperatorStatements.feed, [id])
        guard !rows.isEmpty else { return nil }
        return Feed(
            visibleAt: try rows.moment(0, 0), createdAt: try rows.moment(0, 1),
            readAt: try rows.optionalMoment(0, 2), retractedAt: try rows.optionalMoment(0, 3))
    }

    /// Code, enhanced code and text in three columns from `column` on.
    private static func reply(_ rows: Rows, _ row: Int, _ column: Int) throws(PostgresError) -> Reply? {
        guard let code = try rows.optionalInt32(row, column) else { return nil }
        return Reply(
            code: Int(code), enhancedCode: try rows.optionalString(row, column + 1),
            text: try rows.optionalString(row, column + 2))
    }
}
