import Foundation
import PostgresClient

/// Events as JSON lines. Blank lines are skipped.
struct EventLines {
    private let lines: [(number: Int, text: Substring)]

    init(_ text: String) throws(CommandFailure) {
        var lines: [(number: Int, text: Substring)] = []
        // LF alone parts lines: a JSON string may hold U+2028 and the like as they are.
        for (index, octets) in text.utf8.split(separator: 0x0a, omittingEmptySubsequences: false).enumerated() {
            let line = Substring(octets.last == 0x0d ? octets.dropLast() : octets)
            guard line.contains(where: { !$0.isWhitespace }) else { continue }
            guard (try? JSONSerialization.jsonObject(with: Data(line.utf8))) is [String: Any] else {
                throw CommandFailure(
                    "line \(index + 1) is no JSON object", mend: "Write one event a line.", exit: .usage)
            }
            lines.append((index + 1, line))
        }
        guard !lines.isEmpty else { throw CommandFailure("there is no event in the file", exit: .usage) }
        self.lines = lines
    }

    var count: Int { lines.count }

    /// Arrays of at most 5,000 events: a call stays below a second or so, and progress can be shown between them.
    func batches() -> [Batch] {
        stride(from: 0, to: lines.count, by: 5_000)
            .map { start in
                Batch(lines: Array(lines[start..<min(start + 5_000, lines.count)]))
            }
    }

    struct Batch {
        fileprivate let lines: [(number: Int, text: Substring)]

        /// A JSON array.
        var array: String { "[" + lines.map(\.text).joined(separator: ",") + "]" }

        /// A refusal names the event's place in the array, `events[3]`: the line of the file is what helps.
        func failure(_ error: PostgresError) -> any Error {
            guard error.sqlState?.category == "NW" else { return error }
            let text = (error.column ?? "") + " " + error.message
            guard let index = text.firstMatch(of: /events\[(\d+)\]/).flatMap({ Int($0.1) }),
                lines.indices.contains(index)
            else { return error }
            let message = CommandFailure(error).message.replacing("events[\(index)]: ", with: "")
            return CommandFailure(
                "line \(lines[index].number): \(message)", mend: "Mend the line; nothing was queued.")
        }
    }
}
