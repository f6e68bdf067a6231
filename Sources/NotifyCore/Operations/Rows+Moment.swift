import PostgresClient

extension Rows {
    func moment(_ row: Int, _ column: Int) throws(PostgresError) -> Moment {
        Moment(microseconds: try timestamp(row, column))
    }

    func optionalMoment(_ row: Int, _ column: Int) throws(PostgresError) -> Moment? {
        try optionalTimestamp(row, column).map(Moment.init(microseconds:))
    }
}
