/// Why a stored payload is no payload of its kind. The description names the field and never shows a value.
package enum PayloadProblem: Error, Sendable, Hashable {
    case tooLarge
    case notAnObject
    case malformed
    case notText(field: String)
    case missing(field: String)
    case empty(field: String)
    case unknownKey(String)
    case badTimestamp(field: String)
    case badURL(field: String)
}

extension PayloadProblem: CustomStringConvertible {
    package var description: String {
        switch self {
        case .tooLarge: "payload: over \(PayloadParser.maximumOctets) octets"
        case .notAnObject: "payload: not a JSON object"
        case .malformed: "payload: not valid JSON"
        case .notText(let field): "\(Self.shown(field)): not a string"
        case .missing(let field): "\(Self.shown(field)): required and missing"
        case .empty(let field): "\(Self.shown(field)): required and empty"
        case .unknownKey(let key): "\(Self.shown(key)): no key of this kind"
        case .badTimestamp(let field): "\(Self.shown(field)): not an ISO 8601 time with a zone"
        case .badURL(let field): "\(Self.shown(field)): not an absolute http or https URL that may go into a mail"
        }
    }

    /// A key is the producer's text too: kept short, and without characters that would break a line of a log.
    private static func shown(_ key: String) -> String {
        let printable = key.unicodeScalars.filter {
            $0.properties.generalCategory != .control && $0.properties.generalCategory != .format
        }
        return String(String.UnicodeScalarView(printable.prefix(64)))
    }
}
