package import Foundation
package import PostgresClient

/// One event to enqueue, as `notify.enqueue` takes it.
package struct NewEvent: Sendable {
    package var kind: String
    package var userID: UUID
    /// JSON text; the server judges what is in it.
    package var payload: String
    package var organizationID: UUID?
    package var dedupeKey: String?
    package var sendTime: SendTime
    /// ISO 8601 with a zone.
    package var expiresAt: String?
    package var actorID: UUID?
    package var traceparent: String?

    package enum SendTime: Sendable, Hashable {
        case now
        /// By the database's clock.
        case afterSeconds(Double)
        /// ISO 8601 with a zone.
        case at(String)
    }

    package init(
        kind: String, userID: UUID, payload: String, organizationID: UUID? = nil, dedupeKey: String? = nil,
        sendTime: SendTime = .now, expiresAt: String? = nil, actorID: UUID? = nil, traceparent: String? = nil
    ) {
        self.kind = kind
        self.userID = userID
        self.payload = payload
        self.organizationID = organizationID
        self.dedupeKey = dedupeKey
        self.sendTime = sendTime
        self.expiresAt = expiresAt
        self.actorID = actorID
        self.traceparent = traceparent
    }
}

/// Enqueues through the same SQL functions that every producer calls: what is refused there is refused here.
package struct EventProducer {
    private let connection: PostgresConnection

    package init(_ connection: PostgresConnection) {
        self.connection = connection
    }

    /// Gives the event's id; the earlier one's when the key is taken.
    package func enqueue(_ event: NewEvent) throws(PostgresError) -> Int64 {
        var sendAt: String?
        var delay: Double?
        switch event.sendTime {
        case .now: break
        case .afterSeconds(let seconds): delay = seconds
        case .at(let text): sendAt = text
        }
        let rows = try connection.run(
            OperatorStatements.enqueue,
            [
                event.kind, event.userID, JSONText(event.payload), event.organizationID, event.dedupeKey, sendAt, delay,
                event.expiresAt, event.actorID, event.traceparent,
            ])
        return try rows.int64(0, 0)
    }

    /// Enqueues a JSON array of objects, all or none; ids in the order of the array. At most 100,000.
    package func enqueueMany(_ events: String) throws(PostgresError) -> [Int64] {
        let rows = try connection.run(OperatorStatements.enqueueMany, [JSONText(events)])
        var ids: [Int64] = []
        ids.reserveCapacity(rows.count)
        for row in 0..<rows.count { ids.append(try rows.int64(row, 0)) }
        return ids
    }
}
