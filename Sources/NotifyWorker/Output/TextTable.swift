/// A table for a terminal: columns as wide as their widest cell, numbers to the right.
struct TextTable {
    enum Alignment { case left, right }

    private let columns: [(title: String, alignment: Alignment)]
    private var rows: [[String]] = []

    init(_ columns: [(String, Alignment)]) {
        self.columns = columns.map { (title: $0.0, alignment: $0.1) }
    }

    /// Cells may hold anything: what a terminal would obey is escaped.
    mutating func add(_ cells: [String]) {
        precondition(cells.count == columns.count, "a row has one cell for each column")
        rows.append(cells.map(LogText.escaped))
    }

    var text: String {
        let all = [columns.map(\.title)] + rows
        let widths = columns.indices.map { column in all.map { $0[column].terminalWidth }.max() ?? 0 }
        return all.map { row in line(row, widths: widths) }.joined(separator: "\n")
    }

    private func line(_ cells: [String], widths: [Int]) -> String {
        var line = ""
        for (column, cell) in cells.enumerated() {
            if column > 0 { line += "  " }
            let padding = String(repeating: " ", count: widths[column] - cell.terminalWidth)
            switch columns[column].alignment {
            case .right: line += padding + cell
            case .left: line += column == cells.count - 1 ? cell : cell + padding
            }
        }
        return line
    }
}

extension String {
    /// Columns that a terminal gives the text: two for East Asian wide characters and emoji.
    fileprivate var terminalWidth: Int {
        reduce(0) { width, character in
            guard let scalar = character.unicodeScalars.first else { return width }
            switch scalar.value {
            case 0x1100...0x115f, 0x2e80...0xa4cf, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f, 0xff00...0xff60,
                0xffe0...0xffe6, 0x1f300...0x1faff, 0x20000...0x3fffd:
                return width + 2
            default: return width + 1
            }
        }
    }
}
