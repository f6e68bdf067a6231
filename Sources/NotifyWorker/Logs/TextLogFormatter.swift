import Logging
import NotifyCore

/// A compact line for people: `09:00:00.123 INFO  message  name=value`.
struct TextLogFormatter: Sendable {
    /// Whether the level is coloured: on a terminal, unless NO_COLOR is set (no-color.org).
    let isColoured: Bool

    func line(_ record: LogRecord) -> String {
        var line = record.time.clock + " " + tag(record.level) + " " + LogText.escaped(record.message)
        if !record.metadata.isEmpty { line += " " }
        for (name, value) in record.metadata {
            line += " " + dimmed(LogText.escaped(name) + "=") + Self.quoted(Self.text(value))
        }
        return line + "\n"
    }

    private func tag(_ level: Logger.Level) -> String {
        let (name, colour) =
            switch level {
            case .trace: ("TRACE", "90")
            case .debug: ("DEBUG", "90")
            case .info: ("INFO ", "32")
            case .notice: ("NOTE ", "36")
            case .warning: ("WARN ", "33")
            case .error: ("ERROR", "31")
            case .critical: ("CRIT ", "1;31")
            }
        return isColoured ? "\u{1b}[\(colour)m\(name)\u{1b}[0m" : name
    }

    private func dimmed(_ text: String) -> String {
        isColoured ? "\u{1b}[2m\(text)\u{1b}[0m" : text
    }

    private static func text(_ value: Logger.Metadata.Value) -> String {
        switch value {
        case .string(let text): text
        case .stringConvertible(let value): value.description
        case .array(let values): "[" + values.map(text).joined(separator: ", ") + "]"
        case .dictionary(let values):
            "{" + values.sorted { $0.key < $1.key }.map { "\($0.key): \(text($0.value))" }.joined(separator: ", ") + "}"
        }
    }

    /// In quotes where a blank, a quote or nothing at all would blur where the value ends.
    private static func quoted(_ text: String) -> String {
        let safe = LogText.escaped(text)
        guard safe.isEmpty || safe.contains(where: { $0 == " " || $0 == "\"" || $0 == "=" }) else { return safe }
        return "\"" + safe.replacing("\"", with: "\\\"") + "\""
    }
}
