/// One mistake in the templates directory, worded for the person who mends it.
package struct TemplateProblem: Sendable, Hashable, CustomStringConvertible {
    /// As reached from where the worker runs: the directory that was given, then the path inside.
    package let file: String
    /// Counted from 1; nil where a whole file is meant.
    package let line: Int?
    package let message: String

    package init(file: String, line: Int? = nil, message: String) {
        self.file = file
        self.line = line
        self.message = message
    }

    /// `file:line: message`, which editors and CI turn into a link.
    package var description: String {
        if let line { "\(file):\(line): \(message)" } else { "\(file): \(message)" }
    }

    /// Each once, in the order of files and lines.
    static func sorted(_ problems: [TemplateProblem]) -> [TemplateProblem] {
        Set(problems).sorted { ($0.file, $0.line ?? 0, $0.message) < ($1.file, $1.line ?? 0, $1.message) }
    }
}

/// The templates directory cannot be used; all that is wrong with it, not just the first mistake.
package struct CatalogueError: Error, Sendable, CustomStringConvertible {
    package let problems: [TemplateProblem]

    package var description: String {
        problems.map(\.description).joined(separator: "\n")
    }
}
