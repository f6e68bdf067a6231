import Mustache

/// The variables that one locale's templates name: their order is the order of every array of values.
struct VariableNames: Sendable {
    /// A shape has a bit for each.
    static let limit = 64

    let names: [String]
    private let flags: [String]

    init(_ names: some Sequence<String>) {
        self.names = Array(names)
        flags = self.names.map(Self.flag)
    }

    /// The name under which composed templates ask whether there is a value; no template file can write it.
    ///
    /// A flag, not the value: swift-mustache renders a section on a `Bool` without pushing a new context.
    static func flag(_ name: String) -> String { name + "?" }

    func index(of name: String) -> Int? { names.firstIndex(of: name) }
    func index(ofFlag name: String) -> Int? { flags.firstIndex(of: name) }
}

/// Which variables of a mail have a value. All that a template's sections can depend on.
struct Shape: Hashable, Sendable {
    private var bits: UInt64 = 0

    init(_ values: [String]) {
        for (index, value) in values.enumerated() where !value.isEmpty { bits |= 1 << UInt64(index) }
    }

    func contains(_ index: Int) -> Bool { bits & (1 << UInt64(index)) != 0 }
}
