import Mustache

/// The values of one mail for one of its parts, as swift-mustache asks for them.
///
/// A type of our own, not a dictionary: names are short and few, so a linear search beats hashing, and a section asks for a
/// flag (`name?`), which swift-mustache renders without pushing a new context.
struct ValueTable: MustacheParent, Sendable {
    let names: VariableNames
    var values: [MailValue]

    /// The name under which a section of `name` is kept in composed templates; no template can write it.
    static func flag(_ name: String) -> String { name + "?" }

    func child(named name: String) -> Any? {
        if let index = names.plain.firstIndex(of: name) { return values[index] }
        if let index = names.flags.firstIndex(of: name) { return !values[index].text.isEmpty }
        return nil
    }
}

/// The variables that one locale's templates name, in the order of the values.
struct VariableNames: Sendable {
    let plain: [String]
    let flags: [String]

    init(_ names: some Sequence<String>) {
        plain = Array(names)
        flags = plain.map(ValueTable.flag)
    }
}

/// A text ready to be put in as it is. Conforming to these keeps swift-mustache from reflecting over it (38 µs a template).
struct MailValue: MustacheCustomRenderable, MustacheParent, Sendable {
    let text: String

    var renderText: String { text }
    var isNull: Bool { text.isEmpty }
    func child(named: String) -> Any? { nil }
}
