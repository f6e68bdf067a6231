/// A five-character SQLSTATE (PostgreSQL manual, appendix A). The first two characters are its class.
package struct SQLState: RawRepresentable, Sendable, Hashable, ExpressibleByStringLiteral, CustomStringConvertible {
    package let rawValue: String

    package init(rawValue: String) {
        self.rawValue = rawValue
    }

    package init(stringLiteral value: String) {
        self.rawValue = value
    }

    package var description: String { rawValue }

    /// The class: the first two characters.
    package var category: Substring { rawValue.prefix(2) }

    package static let invalidStatementName: SQLState = "26000"
    package static let serializationFailure: SQLState = "40001"
    package static let deadlockDetected: SQLState = "40P01"
    package static let insufficientPrivilege: SQLState = "42501"
    package static let lockNotAvailable: SQLState = "55P03"
    package static let readOnlyTransaction: SQLState = "25006"

    /// Whether the same statement may succeed later without any change: connection trouble (08), lack of resources
    /// (53), operator intervention (57, so also a statement timeout), a lock that was not to be had, a serialization
    /// failure, a deadlock, or a server that is read-only for now, as a standby is until it is promoted.
    package var isTransient: Bool {
        switch category {
        case "08", "53", "57": true
        default:
            switch self {
            case .lockNotAvailable, .serializationFailure, .deadlockDetected, .readOnlyTransaction: true
            default: false
            }
        }
    }

    /// The name of the class, for messages that must not repeat what the server said.
    package var categoryName: String {
        switch category {
        case "08": "connection exception"
        case "0A": "feature not supported"
        case "21": "cardinality violation"
        case "22": "data exception"
        case "23": "integrity constraint violation"
        case "25": "invalid transaction state"
        case "26": "invalid statement name"
        case "28": "invalid authorization"
        case "3D": "no such database"
        case "3F": "no such schema"
        case "40": "transaction rolled back"
        case "42": "syntax error or access rule violation"
        case "53": "insufficient resources"
        case "54": "program limit exceeded"
        case "55": "object not in prerequisite state"
        case "57": "operator intervention"
        case "58": "system error"
        case "P0": "raised by a function"
        case "XX": "internal error"
        default: "class \(category)"
        }
    }
}
