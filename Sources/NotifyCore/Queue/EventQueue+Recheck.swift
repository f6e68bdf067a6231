import PostgresClient

extension EventQueue {
    /// Reads again, by lease, whatever could forbid or redirect the mail of events that we hold.
    func recheck(_ events: [ClaimedEvent]) throws(PostgresError) -> [Int64: RecheckRow] {
        var parameters = Parameters()
        parameters.append(events.map(\.id))
        parameters.append(events.map(\.leaseID))
        parameters.append(EventKind.allNames)
        parameters.append(EventKind.allSwitchNames)
        let rows = try connection.run(QueueStatements.recheck, parameters)
        var checked: [Int64: RecheckRow] = [:]
        for row in 0..<rows.count {
            checked[try rows.int64(row, 3)] = RecheckRow(
                eventID: try rows.int64(row, 0),
                isLeaseHeld: try rows.bool(row, 1),
                cancelReason: try Self.cancelReason(rows, row, 2),
                recipient: try Self.recipient(rows, row, from: 4)
            )
        }
        return checked
    }
}
