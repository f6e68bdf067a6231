import Glibc
import Logging
import NotifyCore

/// Writes each log event as one line, text or JSON, to a sink. Metadata names: docs/logging.md.
struct LineLogHandler: LogHandler {
    let label: String
    let format: @Sendable (LogRecord) -> String
    let sink: any LogSink
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?

    init(
        label: String, level: Logger.Level, sink: any LogSink, format: @escaping @Sendable (LogRecord) -> String
    ) {
        self.label = label
        self.logLevel = level
        self.sink = sink
        self.format = format
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var merged = metadata
        if let provided = metadataProvider?.get() { merged.merge(provided) { _, new in new } }
        if let given = event.metadata {
            if merged.isEmpty { merged = given } else { merged.merge(given) { _, new in new } }
        }
        // Descriptions of our errors are bland; what could hold a value is in debugDescription only.
        if let error = event.error { merged["error"] = .string(String(describing: error)) }
        let record = LogRecord(
            time: .now(), level: event.level, label: label, message: event.message.description, metadata: merged)
        sink.write(format(record))
    }
}

extension Moment {
    /// The system's clock.
    static func now() -> Moment {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Moment(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
    }
}

/// Takes finished lines. Must neither throw nor block for long.
protocol LogSink: Sendable {
    func write(_ line: String)
}
