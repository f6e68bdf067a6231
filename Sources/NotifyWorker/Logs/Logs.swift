import Foundation
import Glibc
import Logging

/// The process's logging: one sink on stderr, one format, one level.
struct Logs: Sendable {
    static let standardError = DescriptorSink(descriptor: STDERR_FILENO)

    let level: Logger.Level
    private let format: @Sendable (LogRecord) -> String

    init(level: Logger.Level, format: LogFormat?, environment: [String: String]) {
        let isTerminal = isatty(STDERR_FILENO) == 1
        self.level = level
        switch format ?? (isTerminal ? .text : .json) {
        case .json: self.format = JSONLogFormatter.line
        case .text:
            let isColoured = isTerminal && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
            let formatter = TextLogFormatter(isColoured: isColoured)
            self.format = { formatter.line($0) }
        }
    }

    func logger(_ label: String) -> Logger {
        Logger(label: label) { handler(label: $0) }
    }

    /// Makes this the logging of libraries too that make their own loggers. Once in a process.
    func bootstrap() {
        Self.standardError.setDroppedLine { [format] in format(.dropped($0)) }
        LoggingSystem.bootstrap { handler(label: $0) }
    }

    private func handler(label: String) -> LineLogHandler {
        LineLogHandler(label: label, level: level, sink: Self.standardError, format: format)
    }
}
