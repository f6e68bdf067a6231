import Foundation
import Hummingbird
import NotifyCore

/// The parameters behind the `?`: each at most once, none that the route does not know.
struct Query {
    /// What a list in pages takes.
    static let paging: Set<String> = ["limit", "cursor"]

    private var values: [String: String] = [:]

    init() {}

    init(_ request: Request, allowing names: Set<String>) throws(Problem) {
        guard request.uri.query != nil else { return }
        for (name, value) in request.uri.queryParameters {
            let name = String(name)
            guard !name.isEmpty else { throw Self.nameless }
            guard names.contains(name) else { throw .unknownField(at: Self.path(name)) }
            guard values.updateValue(String(value), forKey: name) == nil else {
                throw .invalid("is there twice", at: Self.path(name))
            }
        }
    }

    subscript(_ name: String) -> String? { values[name] }

    func integer(_ name: String, in bounds: ClosedRange<Int>, default fallback: Int) throws(Problem) -> Int {
        guard let text = values[name] else { return fallback }
        guard let number = Int(text), bounds.contains(number) else {
            throw .invalid(
                "is not a whole number between \(bounds.lowerBound) and \(bounds.upperBound)", at: Self.path(name))
        }
        return number
    }

    func bool(_ name: String) throws(Problem) -> Bool? {
        switch values[name] {
        case nil: nil
        case "true": true
        case "false": false
        default: throw .invalid("is not true or false", at: Self.path(name))
        }
    }

    /// A cursor that an earlier page gave, as its parts.
    func cursor(_ name: String = "cursor") throws(Problem) -> [Substring]? {
        guard let text = values[name] else { return nil }
        guard let octets = Base64Text.decode(text), let plain = String(validating: octets, as: UTF8.self) else {
            throw Self.badCursor(name)
        }
        return plain.split(separator: ":", omittingEmptySubsequences: false)
    }

    static func cursorText(_ parts: String...) -> String {
        Base64Text.encode(Array(parts.joined(separator: ":").utf8))
    }

    static func badCursor(_ name: String = "cursor") -> Problem {
        .invalid("is none that a page here gave", at: path(name))
    }

    private static var nameless: Problem {
        Problem(
            status: .unprocessableContent, code: .unknownField, detail: "the query holds a parameter without a name")
    }

    private static func path(_ name: String) -> JSONPath { JSONPath().appending(member: JSONPath.shortened(name)) }
}
