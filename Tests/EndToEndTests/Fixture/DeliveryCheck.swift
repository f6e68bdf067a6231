import TestSupport
import Testing

/// Sends a fixture through a worker to a real server and compares what arrives with what went in.
struct DeliveryCheck: Sendable {
    let fixture: EventFixture
    /// How the events of a recipient end at this server, as `sent` or `failed: recipient_refused`.
    let expectedEnd: @Sendable (EventFixture.User) -> String

    /// Expects that each event ends once, as it should, and that Python finds each mail as it was meant.
    func run(on database: TestDatabase, worker: TestWorker, server: RealServer) async throws {
        let ids = try await fixture.enqueue(in: database)
        #expect(ids.count == fixture.events.count && Set(ids).count == ids.count)
        try await worker.settled.count(ids.count, within: .seconds(120))
        let ends = fixture.recipients.map(expectedEnd)
        let deliveries = try await Delivery.all(in: database)
        #expect(deliveries.map(\.eventID) == ids)
        #expect(deliveries.map(\.end) == ends)
        #expect(try await database.value("select count(*) from notify.events") == "0")
        #expect(try await database.value("select count(*) from notify.attempts where charged") == "0")
        let mails = try await server.deliveredMails(count: ends.count { $0 == "sent" }, within: .seconds(60))
        let report = try await MailComparison.run(fixture, deliveries, mails)
        #expect(report.status == 0, "\(report.standardOutput.suffix(4_000))\(report.standardError)")
        #expect(report.standardOutput.hasSuffix("\(mails.count) mails of \(deliveries.count) events, 0 faults\n"))
    }
}
