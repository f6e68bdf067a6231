import Foundation
import Logging
import NotifyCore
import Synchronization
import Testing

@testable import NotifyWorker

@Suite("Log lines")
struct LogLineTests {
    private static let noon = Moment(microseconds: 1_795_770_000_123_456)

    private func record(
        _ message: String, level: Logger.Level = .info, metadata: Logger.Metadata = [:]
    ) -> LogRecord {
        LogRecord(time: Self.noon, level: level, label: "notify.test", message: message, metadata: metadata)
    }

    @Test("A JSON line holds time, level, logger, message and the metadata by name")
    func json() {
        let line = JSONLogFormatter.line(
            record(
                "Relay paused", level: .warning,
                metadata: [
                    "relay": "mx:25", "failures": .stringConvertible(5), "open": .stringConvertible(true),
                    "rate": .stringConvertible(0.5), "codes": ["421", "450"], "last": ["code": .stringConvertible(421)],
                ]))
        #expect(
            line == """
                {"time":"2026-11-27T09:00:00.123Z","level":"warning","logger":"notify.test","message":"Relay paused",\
                "codes":["421","450"],"failures":5,"last":{"code":421},"open":true,"rate":0.5,"relay":"mx:25"}

                """)
    }

    @Test("Hostile text stays inside its JSON string, on one line, and decodes to what it was")
    func hostileJSON() throws {
        let hostile = "a\"b\\c\nd\re\tf\u{0}g\u{1b}[31mh\u{7f}i\u{85}j\u{2028}k\u{202e}l\u{feff}m – ü 日本 👩‍👩‍👧"
        let line = JSONLogFormatter.line(record(hostile, metadata: [hostile: .string(hostile), "message": "forged"]))
        #expect(line.unicodeScalars.filter { LogText.isUnsafe($0) } == ["\n"])
        let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String])
        #expect(object["message"] == hostile)
        #expect(object[hostile] == hostile)
        #expect(object["message_"] == "forged")
    }

    @Test("A text line is compact, quotes what has blanks and escapes what a terminal would obey")
    func text() {
        let line = TextLogFormatter(isColoured: false)
            .line(
                record(
                    "Forged\nline", level: .error,
                    metadata: [
                        "reply": "550 no \"such\" user", "event": .stringConvertible(42), "empty": "",
                        "esc": "\u{1b}[2J",
                    ]))
        #expect(
            line == """
                09:00:00.123 ERROR Forged\\u{a}line  empty="" esc=\\u{1b}[2J event=42 reply="550 no \\"such\\" user"

                """)
    }

    @Test("On a terminal only the level and the names are coloured")
    func coloured() {
        let line = TextLogFormatter(isColoured: true).line(record("Started", metadata: ["port": "8080"]))
        #expect(line == "09:00:00.123 \u{1b}[32mINFO \u{1b}[0m Started  \u{1b}[2mport=\u{1b}[0m8080\n")
    }

    @Test("A long text is cut", arguments: [LogFormat.json, .text])
    func long(format: LogFormat) {
        let text = String(repeating: "ü", count: 100_000)
        let line =
            format == .json
            ? JSONLogFormatter.line(record(text)) : TextLogFormatter(isColoured: false).line(record(text))
        #expect(line.count < 4_200)
        #expect(line.contains("…"))
    }

    @Test("The handler merges its own, the provider's and the line's metadata and honours the level")
    func handler() {
        let sink = CollectingSink()
        var logger = Logger(label: "notify.test") {
            var handler = LineLogHandler(label: $0, level: .info, sink: sink) { record in
                record.metadata.map { "\($0.name)=\($0.value)" }.joined(separator: " ")
            }
            handler.metadataProvider = .init { ["trace": "t"] }
            return handler
        }
        logger[metadataKey: "worker"] = "1"
        logger.debug("not shown")
        logger.info("shown", metadata: ["event": "2"])
        logger.info("shown", metadata: ["worker": "3"])
        #expect(sink.lines == ["event=2 trace=t worker=1", "trace=t worker=3"])
    }
}

private final class CollectingSink: LogSink {
    private let collected = Mutex<[String]>([])

    var lines: [String] { collected.withLock { $0 } }

    func write(_ line: String) {
        collected.withLock { $0.append(line) }
    }
}
