import Foundation
import NotifyCore

/// Takes the members of a JSON object one by one and refuses what is missing, of another type, or left over.
struct ObjectReader {
    private var members: [String: JSONValue]
    private let path: JSONPath

    init(_ value: JSONValue, at path: JSONPath = JSONPath()) throws(Problem) {
        guard case .object(let members, _) = value else {
            throw .invalid("is \(value.typeName), not an object", at: path)
        }
        self.members = Dictionary(members.map { ($0.name, $0.value) }) { first, _ in first }
        self.path = path
    }

    /// What is there under this name, for the caller to judge. Null counts as absent.
    mutating func value(_ name: String) -> JSONValue? {
        guard let value = members.removeValue(forKey: name) else { return nil }
        if case .null = value { return nil }
        return value
    }

    mutating func string(_ name: String) throws(Problem) -> String? {
        guard let value = value(name) else { return nil }
        guard case .string(let text) = value else {
            throw .invalid("is \(value.typeName), not a string", at: path.appending(member: name))
        }
        return text
    }

    mutating func requiredString(_ name: String) throws(Problem) -> String {
        guard let text = try string(name) else { throw .missing(at: path.appending(member: name)) }
        return text
    }

    /// Null is refused: it could be taken for off.
    mutating func bool(_ name: String) throws(Problem) -> Bool? {
        guard let value = members.removeValue(forKey: name) else { return nil }
        guard case .bool(let flag) = value else {
            throw .invalid("is \(value.typeName), not true or false", at: path.appending(member: name))
        }
        return flag
    }

    /// A whole number within `bounds`. One with a fraction or an exponent is none, whatever its value.
    mutating func integer(_ name: String, in bounds: ClosedRange<Int64>) throws(Problem) -> Int64? {
        guard let value = value(name) else { return nil }
        guard case .number(let text) = value, let number = Int64(text), bounds.contains(number) else {
            throw .invalid(
                "is not a whole number between \(bounds.lowerBound) and \(bounds.upperBound)",
                at: path.appending(member: name))
        }
        return number
    }

    mutating func uuid(_ name: String) throws(Problem) -> UUID? {
        guard let text = try string(name) else { return nil }
        guard let id = UUID(canonical: text) else {
            throw .invalid("is not a UUID", at: path.appending(member: name))
        }
        return id
    }

    /// Refuses what nobody took.
    func finish() throws(Problem) {
        guard let name = members.keys.min() else { return }
        throw .unknownField(at: path.appending(member: JSONPath.shortened(name)))
    }
}
