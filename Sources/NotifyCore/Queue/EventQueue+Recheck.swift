import PostgresClient

extension EventQueue {
    /// Reads again, for events that we hold, whatever could forbid or redirect the mail, and the database's time (µs).
    func recheck(_ events: [ClaimedEvent]) throws(PostgresError) -> [(row: RecheckRow, readAt: Int64)] {
        var parameters = Parameters()
        parameters.append(events.map(\.id))
        parameters.append(events.map(\.leaseID))
        parameters.append(EventKind.allNames)
        parameters.append(EventKind.allSwitchNames)
        let rows = try connection.run(QueueStatements.recheck, parameters)
        var checked: [(row: RecheckRow, readAt: Int64)] = []
        for row in 0..<rows.count {
            let recheck = RecheckRow(
                eventID: try rows.int64(row, 0),
                isLeaseHeld: try rows.bool(row, 1),
                isCancelRequested: try rows.bool(row, 2),
                recipient: try Self.recipient(rows, row, from: 4)
            )
            checked.append((recheck, try rows.timestamp(row, 3)))
        }
        return checked
    }
}
