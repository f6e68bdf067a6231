import Testing

/// A mistake in a set of templates, and what is said about it.
struct Mistake: Sendable, CustomTestStringConvertible {
    let name: String
    /// Files that differ from the sound ones; nil removes one.
    let files: [String: String?]
    /// `file:line: beginning of the message`, sorted.
    let expected: [String]
    var testDescription: String { name }
}
