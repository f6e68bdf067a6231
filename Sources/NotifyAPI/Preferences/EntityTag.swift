import HTTPTypes

/// The `ETag` of something with a version (RFC 9110 §8.8.3): strong, the version in quotes.
struct EntityTag: Sendable, Hashable {
    let version: Int64

    var text: String { "\"\(version)\"" }

    /// What `If-Match` asks for.
    enum Expectation: Equatable {
        /// No such field, or `*`.
        case any
        case version(Int64)
        /// Nothing that there ever was.
        case none

        var version: Int64? {
            if case .version(let version) = self { version } else { nil }
        }
    }

    /// Whether `If-None-Match` has it. Weak comparison (§13.1.2).
    func isMatched(by fields: [String]) -> Bool {
        Self.tags(in: fields).contains { $0 == "*" || $0 == text || $0 == "W/\(text)" }
    }

    /// Strong comparison (§13.1.1). A list of tags, which nobody needs here, is refused.
    static func expectation(_ fields: [String]) throws(Problem) -> Expectation {
        if fields.isEmpty { return .any }
        let tags = tags(in: fields)
        guard let tag = tags.first, tags.count == 1 else {
            throw Problem(
                status: .badRequest, code: .invalidValue,
                detail: tags.isEmpty ? "If-Match is empty" : "If-Match holds more than one tag", field: "If-Match")
        }
        if tag == "*" { return .any }
        guard let version = Int64(tag.dropFirst().dropLast()), EntityTag(version: version).text == tag else {
            return .none
        }
        return .version(version)
    }

    private static func tags(in fields: [String]) -> [Substring] {
        fields.flatMap { $0.split(separator: ",") }
            .map { $0.trimmingFieldSpace() }
            .filter { !$0.isEmpty }
    }
}
