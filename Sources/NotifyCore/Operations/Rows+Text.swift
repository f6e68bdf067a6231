import Foundation
import PostgresClient

/// Values in the form in which commands show them.
extension Rows {
    func moment(_ row: Int, _ column: Int) throws(PostgresError) -> Moment {
        Moment(microseconds: try timestamp(row, column))
    }

    func optionalMoment(_ row: Int, _ column: Int) throws(PostgresError) -> Moment? {
        guard let microseconds = try optionalTimestamp(row, column) else { return nil }
        return Moment(microseconds: microseconds)
    }

    /// In small letters, as PostgreSQL writes it.
    func uuidText(_ row: Int, _ column: Int) throws(PostgresError) -> String {
        try uuid(row, column).uuidString.lowercased()
    }

    func optionalUUIDText(_ row: Int, _ column: Int) throws(PostgresError) -> String? {
        try optionalUUID(row, column)?.uuidString.lowercased()
    }
}
