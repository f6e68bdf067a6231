/// A template's text for one shape of mail: literal pieces and the places of values.
struct Skeleton: Sendable {
    private enum Piece: Sendable {
        case literal(String)
        case value(Int)
    }

    private let pieces: [Piece]
    private let literalBytes: Int

    /// Controls, which no template may hold (`TagScanner` sees to it): they enclose a value's index.
    private static let open: Character = "\u{1}"
    private static let close: Character = "\u{2}"

    static func mark(_ index: Int) -> String { "\(open)\(index)\(close)" }

    init(_ marked: String) {
        var pieces: [Piece] = []
        for (offset, part) in marked.split(separator: Self.open, omittingEmptySubsequences: false).enumerated() {
            var literal = part
            if offset > 0, let end = part.firstIndex(of: Self.close), let index = Int(part[..<end]) {
                pieces.append(.value(index))
                literal = part[part.index(after: end)...]
            }
            if !literal.isEmpty { pieces.append(.literal(String(literal))) }
        }
        self.pieces = pieces
        literalBytes = pieces.reduce(0) { if case .literal(let text) = $1 { $0 + text.utf8.count } else { $0 } }
    }

    func fill(_ values: [String]) -> String {
        var capacity = literalBytes
        for case .value(let index) in pieces { capacity += values[index].utf8.count }
        var result = ""
        result.reserveCapacity(capacity)
        for piece in pieces {
            switch piece {
            case .literal(let text): result += text
            case .value(let index): result += values[index]
            }
        }
        return result
    }
}
