import Foundation
import HTTPTypes
import Hummingbird
import PostgresClient

extension Problem {
    /// What the SQL functions refuse, in their words; what the caller may try again; nil for what is our own fault.
    init?(_ error: PostgresError) {
        if let refusal = error.sqlState.flatMap({ Self.refusals[$0.rawValue] }) {
            let (index, detail) = Self.split(error.message)
            self.init(status: refusal.status, code: refusal.code, detail: detail, field: error.column, index: index)
        } else if error.isTransient || error.code == .closed {
            let isBusy = error.sqlState == .lockNotAvailable || error.code == .timeout
            self.init(
                status: .serviceUnavailable, code: .unavailable,
                detail: isBusy
                    ? "Another transaction holds what this needs, or the database is busy. Try again."
                    : "The database is not available at the moment. Try again.", headers: [.retryAfter: "1"])
        } else {
            return nil
        }
    }

    /// A refusal of the `id` that stands in the request's path as `parameter`; nil for any other error.
    init?(_ error: PostgresError, id parameter: String) {
        guard error.column == "id", error.message.hasPrefix("id "), let problem = Problem(error) else { return nil }
        self.init(
            status: problem.status, code: problem.code, detail: parameter + problem.detail.dropFirst(2),
            field: parameter)
    }

    /// The class NW of docs/sql.md.
    static let refusals: [String: (status: HTTPResponse.Status, code: ProblemCode)] = [
        "NW001": (.unprocessableContent, .unknownKind),
        "NW002": (.unprocessableContent, .missingField),
        "NW003": (.unprocessableContent, .unknownField),
        "NW004": (.unprocessableContent, .invalidValue),
        "NW005": (.unprocessableContent, .unknownUser),
        "NW006": (.unprocessableContent, .notAMember),
        "NW007": (.unprocessableContent, .impossibleTimes),
        "NW008": (.unprocessableContent, .tooLarge),
        "NW009": (.conflict, .accountDeleted),
        "NW010": (.conflict, .addressInUse),
        "NW011": (.unprocessableContent, .idempotencyKeyReused),
    ]

    /// `events[3]: subject is missing` → 3 and the rest.
    private static func split(_ message: String) -> (index: Int?, detail: String) {
        guard message.hasPrefix("events["), let end = message.range(of: "]: "),
            let index = Int(message[message.index(message.startIndex, offsetBy: 7)..<end.lowerBound])
        else { return (nil, message) }
        return (index, String(message[end.upperBound...]))
    }
}
