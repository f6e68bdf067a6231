import Logging
import NotifyCore

/// One log event with all its metadata, ready for a formatter.
struct LogRecord {
    let time: Moment
    let level: Logger.Level
    let label: String
    let message: String
    /// Sorted by name: the same event always gives the same line.
    let metadata: [(name: String, value: Logger.Metadata.Value)]

    init(
        time: Moment, level: Logger.Level, label: String, message: String, metadata: Logger.Metadata
    ) {
        self.time = time
        self.level = level
        self.label = label
        self.message = message
        self.metadata = metadata.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
    }

    /// What stands in for lines that the reader of the log was too slow for.
    static func dropped(_ count: Int) -> LogRecord {
        LogRecord(
            time: .now(), level: .warning, label: "notify.log", message: "log lines dropped: stderr is read too slowly",
            metadata: ["count": .stringConvertible(count)])
    }
}
