package import Foundation
package import PostgresClient

/// Takes events in for callers of the HTTP API, through the functions that every producer calls.
package struct EventIntake: Sendable {
    private let pool: ConnectionPool

    package init(_ pool: ConnectionPool) {
        self.pool = pool
    }

    /// Makes a request repeatable: the same key with the same request gives the same ids for 24 hours.
    package struct Idempotency: Sendable {
        package let apiKeyID: Int64
        package let key: String
        package let requestHash: [UInt8]

        package init(apiKeyID: Int64, key: String, requestHash: [UInt8]) {
            self.apiKeyID = apiKeyID
            self.key = key
            self.requestHash = requestHash
        }
    }

    package struct Taken: Sendable {
        /// In the order of the events.
        package let eventIDs: [Int64]
        /// Whether an earlier request under the same key had enqueued them.
        package let isReplay: Bool
    }

    /// All or none.
    ///
    /// - Parameter events: the text of a JSON array of objects, as `notify.enqueue_many` takes it.
    /// - Throws: `PostgresError` of class NW with the field, and the event's index in its message.
    package func enqueue(_ events: String, idempotency: Idempotency?) async throws -> Taken {
        try await pool.withConnection { connection in
            guard let idempotency else {
                let ids = try EventProducer(connection).enqueueMany(events)
                return Taken(eventIDs: ids, isReplay: false)
            }
            let rows = try connection.run(
                EventStatements.enqueueOnce,
                [idempotency.apiKeyID, idempotency.key, Bytes(idempotency.requestHash), JSONText(events)])
            return Taken(eventIDs: try rows.int64Array(0, 0), isReplay: try rows.bool(0, 1))
        }
    }

    /// True is a promise: what was open under the key was not being sent and never will be.
    package func cancel(dedupeKey: String, userID: UUID?) async throws -> Bool {
        try await pool.withConnection { try $0.run(EventStatements.cancel, [dedupeKey, userID]).bool(0, 0) }
    }

    /// What the database still knows of an event; nil when that is nothing.
    package func history(of eventID: Int64) async throws -> EventHistory? {
        try await pool.withConnection { try EventHistory.read(eventID, from: $0) }
    }
}

enum EventStatements {
    static let enqueueOnce = Statement(
        name: "enqueue_once",
        sql: """
            select event_ids, is_replay from notify.enqueue_once($1::bigint, $2::text, $3::bytea, $4::jsonb)
            """)
    static let cancel = Statement(name: "cancel", sql: "select notify.cancel($1::text, $2::uuid)")
}
