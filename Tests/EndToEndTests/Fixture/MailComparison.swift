import Foundation
import TestSupport
import Testing

/// A row of `notify.deliveries`.
struct Delivery: Sendable {
    let eventID: Int64
    /// As `sent` or `failed: recipient_refused`.
    let end: String
    /// As `scripts/check-delivered.py` reads it.
    fileprivate let json: String

    /// In the order of the events.
    static func all(in database: TestDatabase) async throws -> [Delivery] {
        let rows = try await database.column(
            """
            select json_build_array(event_id, concat_ws(': ', outcome, reason), json_build_object(
                'event_id', event_id, 'outcome', outcome, 'reason', reason, 'message_id', message_id,
                'enqueued_at', extract(epoch from enqueued_at), 'finished_at', extract(epoch from finished_at)))
            from notify.deliveries order by event_id
            """)
        return try rows.map { row in
            let parts = try #require(JSONSerialization.jsonObject(with: Data((row ?? "").utf8)) as? [Any])
            return Delivery(
                eventID: try #require(parts[0] as? Int64), end: try #require(parts[1] as? String),
                json: String(decoding: try JSONSerialization.data(withJSONObject: parts[2]), as: UTF8.self))
        }
    }
}

/// Compares mails that a server delivered with the events they were made from, by Python's strict parser.
enum MailComparison {
    static func run(
        _ fixture: EventFixture, _ deliveries: [Delivery], _ mails: [[UInt8]]
    ) async throws -> Command.Output {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let (events, delivered) = (folder.url.appending(path: "events"), folder.url.appending(path: "mails"))
        let records = zip(fixture.lines, deliveries).map { #"{"event": \#($0), "delivery": \#($1.json)}"# }
        try Data(records.joined(separator: "\n").utf8).write(to: events)
        let files = mails.map { #"{"mail": "\#(Data($0).base64EncodedString())"}"# }
        try Data(files.joined(separator: "\n").utf8).write(to: delivered)
        return try await Command.outcome(
            Checkout.script("check-delivered.py"), [events.path, delivered.path, EventFixture.usersFile.path])
    }
}
