/// A JSON value as it was sent, with the place of each object and array in the text.
enum JSONValue: Sendable {
    case null
    case bool(Bool)
    /// As written, such as `-1.5e3`.
    case number(String)
    case string(String)
    case array([JSONValue], Range<Int>)
    case object([JSONMember], Range<Int>)

    /// For messages: what it is, not what it holds.
    var typeName: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

struct JSONMember: Sendable {
    let name: String
    let value: JSONValue
}

/// Why a text is not JSON that we take: where, by octet from 0, and in which field where that is known.
struct JSONFault: Error, Hashable {
    let reason: String
    let offset: Int
    let path: JSONPath
}

/// The way to a value, as errors name it: `switches.assigned_tickets`, `events[3].payload.url`.
struct JSONPath: Sendable, Hashable {
    private(set) var field = ""
    /// Of the outermost array passed on the way.
    private(set) var index: Int?

    mutating func append(member name: String) {
        field += field.isEmpty ? name : ".\(name)"
    }

    mutating func append(index: Int) {
        if self.index == nil { self.index = index }
        field += "[\(index)]"
    }

    /// The beginning of a name from outside. By scalars: one character may have any number of combining marks.
    static func shortened(_ name: String) -> String { String(name.unicodeScalars.prefix(63)) }

    func appending(member name: String) -> JSONPath {
        var path = self
        path.append(member: name)
        return path
    }

    func appending(index: Int) -> JSONPath {
        var path = self
        path.append(index: index)
        return path
    }
}
