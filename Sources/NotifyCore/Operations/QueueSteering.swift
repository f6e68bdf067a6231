package import PostgresClient

/// What an operator does to single events. The rights to do so are the database role's.
package struct QueueSteering {
    /// A retry is cheap and holds row locks until it commits: so many go into one transaction.
    package static let retryBatch = 500

    private let connection: PostgresConnection

    package init(_ connection: PostgresConnection) {
        self.connection = connection
    }

    /// Puts a dead event back into the queue under a new id, or makes a held one due at once under its own; nil when there
    /// is no such event.
    package func retry(_ id: Int64) throws(PostgresError) -> Int64? {
        let rows = try connection.run(OperatorStatements.retry, [id])
        return rows.isEmpty ? nil : try rows.optionalInt64(0, 0)
    }

    /// Puts every event back that is dead now and matches, oldest first, in batches; `progress` gets the count so far.
    package func retryAllDead(
        reason: String?, kind: String?, progress: (Int) -> Void
    ) throws(PostgresError) -> [Retried] {
        let now = try connection.run(OperatorStatements.now)
        let until = Timestamp(microseconds: try now.timestamp(0, 0))
        var retried: [Retried] = []
        while true {
            let rows = try connection.run(OperatorStatements.retryDead, [reason, kind, Self.retryBatch, until])
            for row in 0..<rows.count {
                guard let newID = try rows.optionalInt64(row, 1) else { continue }
                retried.append(Retried(eventID: try rows.int64(row, 0), newEventID: newID))
            }
            progress(retried.count)
            guard rows.count == Self.retryBatch else { return retried }
        }
    }

    /// Makes every held event of `kind` due at once, in batches; `progress` gets the count so far.
    package func retryAllHeld(kind: String?, progress: (Int) -> Void) throws(PostgresError) -> [Retried] {
        var retried: [Retried] = []
        var last: Int64 = 0
        while true {
            let rows = try connection.run(OperatorStatements.retryHeld, [kind, last, Self.retryBatch])
            for row in 0..<rows.count {
                last = try rows.int64(row, 0)
                guard let id = try rows.optionalInt64(row, 1) else { continue }
                retried.append(Retried(eventID: last, newEventID: id))
            }
            progress(retried.count)
            guard rows.count == Self.retryBatch else { return retried }
        }
    }

    package func cancel(_ id: Int64) throws(PostgresError) -> Cancellation {
        let result = try connection.run(OperatorStatements.cancel, [id]).string(0, 0)
        // A word that only a newer database knows promises nothing.
        return Cancellation(rawValue: result) ?? .unknown
    }

    package struct Retried: Sendable, Hashable, Encodable {
        package let eventID: Int64
        /// The same for a held event, which goes on as itself.
        package let newEventID: Int64

        package init(eventID: Int64, newEventID: Int64) {
            self.eventID = eventID
            self.newEventID = newEventID
        }
    }
}
