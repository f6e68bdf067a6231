import Logging
import NotifyCore

/// One JSON object a line: `time`, `level`, `logger`, `message`, then the metadata beside them under their own names.
enum JSONLogFormatter {
    /// A metadata entry of such a name gets a `_` after it, so that it cannot stand for the line's own.
    private static let reserved: Set<String> = ["time", "level", "logger", "message"]

    static func line(_ record: LogRecord) -> String {
        var line = ""
        line.reserveCapacity(384)
        line += "{\"time\":\""
        line += record.time.description
        line += "\",\"level\":\""
        line += record.level.rawValue
        line += "\",\"logger\":"
        append(text: record.label, to: &line)
        line += ",\"message\":"
        append(text: record.message, to: &line)
        for (name, value) in record.metadata {
            line += ","
            append(text: reserved.contains(name) ? name + "_" : name, to: &line)
            line += ":"
            append(value: value, to: &line)
        }
        line += "}\n"
        return line
    }

    private static func append(value: Logger.Metadata.Value, to line: inout String) {
        switch value {
        case .string(let text): append(text: text, to: &line)
        case .stringConvertible(let value as Int): line += String(value)
        case .stringConvertible(let value as any BinaryInteger): line += String(describing: value)
        case .stringConvertible(let value as Bool): line += value ? "true" : "false"
        case .stringConvertible(let value as Double) where value.isFinite: line += String(describing: value)
        case .stringConvertible(let value): append(text: value.description, to: &line)
        case .array(let values):
            line += "["
            for (index, value) in values.enumerated() {
                if index > 0 { line += "," }
                append(value: value, to: &line)
            }
            line += "]"
        case .dictionary(let values):
            line += "{"
            for (index, entry) in values.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { line += "," }
                append(text: entry.key, to: &line)
                line += ":"
                append(value: entry.value, to: &line)
            }
            line += "}"
        }
    }

    /// A JSON string (RFC 8259 §7) with every character escaped that could mislead a terminal, cut as `LogText` does.
    private static func append(text: String, to line: inout String) {
        line += "\""
        defer { line += "\"" }
        if needsNoEscape(text) {
            line += text
            return
        }
        var count = 0
        for scalar in text.unicodeScalars {
            if count == LogText.maximumCharacters {
                line += "…"
                break
            }
            count += 1
            switch scalar {
            case "\"": line += "\\\""
            case "\\": line += "\\\\"
            case "\n": line += "\\n"
            case "\r": line += "\\r"
            case "\t": line += "\\t"
            case _ where LogText.isUnsafe(scalar):
                let digits = String(scalar.value, radix: 16)
                line += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: line.unicodeScalars.append(scalar)
            }
        }
    }

    private static func needsNoEscape(_ text: String) -> Bool {
        text.utf8.count <= LogText.maximumCharacters
            && text.utf8.allSatisfy {
                (0x20...0x7e).contains($0) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
            }
    }
}
