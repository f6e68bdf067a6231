import Foundation
import HTTPTypes
import Hummingbird
import PostgresClient

extension Problem {
    /// What the SQL functions refuse, in their words; what the caller may try again; nil for what is our own fault.
    ///
    /// - Parameter place: Where the request has what the function calls by its own names, such as `payload.`.
    init?(_ error: PostgresError) {
        if let refusal = error.sqlState.flatMap({ Self.refusals[$0.rawValue] }) {
            let (index, detail) = Self.split(error.message)
            self.init(status: refusal.status, code: refusal.code, detail: detail, field: error.column, index: index)
        } else if error.isTransient {
            self.init(
                status: .serviceUnavailable, code: "unavailable",
                detail: "The database is not available at the moment. Try again.", headers: [.retryAfter: "1"])
        } else {
            return nil
        }
    }

    /// The class NW of docs/sql.md.
    private static let refusals: [String: (status: HTTPResponse.Status, code: String)] = [
        "NW001": (.unprocessableContent, "unknown_kind"),
        "NW002": (.unprocessableContent, "missing_field"),
        "NW003": (.unprocessableContent, "unknown_field"),
        "NW004": (.unprocessableContent, "invalid_value"),
        "NW005": (.unprocessableContent, "unknown_user"),
        "NW006": (.unprocessableContent, "not_a_member"),
        "NW007": (.unprocessableContent, "impossible_times"),
        "NW008": (.unprocessableContent, "too_large"),
        "NW009": (.conflict, "account_deleted"),
        "NW010": (.conflict, "address_in_use"),
        "NW011": (.unprocessableContent, "idempotency_key_reused"),
    ]

    /// `events[3]: subject is missing` → 3 and the rest.
    private static func split(_ message: String) -> (index: Int?, detail: String) {
        guard message.hasPrefix("events["), let end = message.range(of: "]: "),
            let index = Int(message[message.index(message.startIndex, offsetBy: 7)..<end.lowerBound])
        else { return (nil, message) }
        return (index, String(message[end.upperBound...]))
    }
}
