import Foundation
import NotifyCore
import PostgresClient

/// What came of each event, and whether that is what should have.
struct DemoReport: Sendable {
    struct Row: Sendable {
        let eventID: Int64
        let outcome: String
        let reason: String?
        let attempts: Int
        let reply: String?
    }

    private let rows: [Int64: [Row]]
    private let feedCount: Int

    init(reading connection: PostgresConnection) throws {
        let result = try connection.run(
            Statement(
                "select event_id, outcome, reason, attempts, concat_ws(' ', smtp_code, smtp_reply) from notify.deliveries"
            ))
        var rows: [Int64: [Row]] = [:]
        for row in 0..<result.count {
            let read = Row(
                eventID: try result.int64(row, 0), outcome: try result.string(row, 1),
                reason: try result.optionalString(row, 2), attempts: Int(try result.int16(row, 3)),
                reply: try result.optionalString(row, 4))
            rows[read.eventID, default: []].append(read)
        }
        self.rows = rows
        feedCount = Int(try connection.run(Statement("select count(*) from notify.notifications")).int64(0, 0))
    }

    /// The table, one line for each event of the scenario.
    func text(_ ids: [Int64]) -> String {
        var table = TextTable([
            ("event", .right), ("what", .left), ("to", .left), ("outcome", .left), ("reason", .left), ("tries", .right),
            ("the relay's last word", .left),
        ])
        for (event, id) in zip(DemoScenario.events, ids) {
            let row = rows[id]?.first
            table.add([
                "\(id)", event.title, DemoScenario.person(event.to)?.name ?? event.to, row?.outcome ?? "open",
                row?.reason ?? "", "\(row?.attempts ?? 0)", row?.reply ?? "",
            ])
        }
        return table.text
    }

    /// Everything that is not as it should be; empty when all is well.
    func faults(_ ids: [Int64], recipients: [String], violations: Int) -> [String] {
        var faults: [String] = []
        for (event, id) in zip(DemoScenario.events, ids) {
            let found = rows[id] ?? []
            guard found.count == 1, let row = found.first else {
                faults.append("event \(id) (\(event.title)) has \(found.count) outcomes")
                continue
            }
            let actual = DemoScenario.Expectation(outcome: row.outcome, reason: row.reason, attempts: row.attempts)
            if actual != event.expected {
                faults.append("event \(id) (\(event.title)) came out as \(actual), not \(event.expected)")
            }
        }
        let sent = DemoScenario.events.filter { $0.expected.outcome == "sent" }
        let wanted = sent.compactMap { DemoScenario.person($0.to)?.email }.sorted()
        let got = recipients.sorted()
        if wanted != got { faults.append("the mailbox got mails to \(got), not to \(wanted)") }
        if violations > 0 { faults.append("the mailbox saw \(violations) violations of the protocol") }
        if feedCount != ids.count { faults.append("the in-app feed has \(feedCount) entries, not \(ids.count)") }
        return faults
    }
}
