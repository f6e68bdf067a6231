import DevMailbox
import Foundation
import Glibc
import TestSupport
import Testing

/// The real binary, stopped in the middle of its work.
@Suite("A worker that is stopped", .timeLimit(.minutes(3)))
struct StopTests {
    private static let count = 40

    private func enqueue(_ count: Int = count, in drive: Drive) async throws {
        let ids = try await EventFixture().plain(0..<count).enqueue(in: drive.database)
        #expect(ids.count == count)
    }

    @Test("by SIGTERM gives back at once what is not begun, finishes what is on the wire, and exits 0")
    func finishes() async throws {
        let gate = Gate()
        try await Drive.with(faults: [FaultRule(.dot, .hold(gate))]) { drive in
            try await enqueue(in: drive)
            let worker = try await drive.startWorker(["NOTIFY_SMTP_CONNECTIONS": "1"])
            try await drive.mailbox.applied("dot: hold")
            try await drive.wait(until: "select count(*) = \(Self.count) from notify.events where state = 'leased'")
            worker.signal(SIGTERM)
            // While the relay still thinks: whoever else works on this queue can have them now.
            try await drive.wait(
                until: """
                    select count(*) = \(Self.count - 1) from notify.events
                    where state = 'ready' and attempts = 0 and not tried and due_at <= now()
                    """)
            gate.release()
            #expect(try await worker.end() == 0, "\(worker.lines)")
            #expect(try await drive.outcomes() == ["sent: 1"])
            #expect(drive.mailbox.state.mailCount == 1)
            #expect(try await drive.database.value("select count(*) from notify.workers") == "0")
        }
    }

    @Test("by SIGTERM under a relay that never answers exits 0 within its grace, and the mail in doubt is tried again")
    func grace() async throws {
        try await Drive.with(faults: [FaultRule(.dot, .silence)]) { drive in
            try await enqueue(in: drive)
            let worker = try await drive.startWorker([
                "NOTIFY_SMTP_CONNECTIONS": "1", "NOTIFY_SHUTDOWN_SECONDS": "2",
            ])
            try await drive.mailbox.applied("dot: silence")
            worker.signal(SIGTERM)
            let signalled = ContinuousClock.now
            #expect(try await worker.end() == 0, "\(worker.lines)")
            // Two seconds of grace, and what two busy cores need to notice.
            #expect(ContinuousClock.now - signalled < .seconds(20))
            #expect(try await drive.outcomes() == [])
            let states = try await drive.database.column(
                "select concat_ws(' ', state, attempts, count(*)) from notify.events group by state, attempts order by 1"
            )
            #expect(states == ["ready 0 \(Self.count - 1)", "waiting 1 1"])
            let doubt = try await drive.database.column(
                "select concat_ws(' ', result, phase, charged) from notify.attempts")
            #expect(doubt == ["unknown dot t"])
        }
    }

    @Test(
        "by SIGINT after a first signal ends at once with its status, and another finishes what it had",
        arguments: [SIGTERM, SIGINT])
    func impatiently(first: Int32) async throws {
        let gate = Gate()
        try await Drive.with(faults: [FaultRule(.dot, .first(1), .hold(gate))]) { drive in
            try await enqueue(in: drive)
            let worker = try await drive.startWorker(["NOTIFY_SMTP_CONNECTIONS": "1", "NOTIFY_LEASE_SECONDS": "2"])
            try await drive.mailbox.applied("dot: hold")
            worker.signal(first)
            // The first signal was heard: what was not begun is free, what is on the wire is waited for.
            try await drive.wait(until: "select count(*) = 1 from notify.events where state = 'leased'")
            worker.signal(SIGINT)
            #expect(try await worker.end() == 130, "\(worker.lines)")
            #expect(worker.lines.contains { $0.contains("second signal: ending at once") })
            gate.release()
            let next = try await drive.startWorker(["NOTIFY_LEASE_SECONDS": "2"])
            try await drive.wait(until: "select count(*) = \(Self.count) from notify.deliveries")
            next.signal(SIGTERM)
            #expect(try await next.end() == 0, "\(next.lines)")
            #expect(try await drive.outcomes() == ["sent: \(Self.count)"])
        }
    }

    @Test("by SIGTERM twice stops as by one: what is on the wire is finished, and it exits 0")
    func twice() async throws {
        let gate = Gate()
        try await Drive.with(faults: [FaultRule(.dot, .first(1), .hold(gate))]) { drive in
            try await enqueue(in: drive)
            let worker = try await drive.startWorker(["NOTIFY_SMTP_CONNECTIONS": "1"])
            try await drive.mailbox.applied("dot: hold")
            worker.signal(SIGTERM)
            try await drive.wait(until: "select count(*) = 1 from notify.events where state = 'leased'")
            worker.signal(SIGTERM)
            gate.release()
            #expect(try await worker.end() == 0, "\(worker.lines)")
            #expect(try await drive.outcomes() == ["sent: 1"])
        }
    }

    @Test("by SIGKILL is followed by another that finishes everything, and no mail is lost")
    func killed() async throws {
        let gate = Gate()
        // The first worker's connections all come to hang, one mail each, its 250 not said.
        try await Drive.with(faults: [FaultRule(.accepted, .nth(5), .hold(gate))]) { drive in
            try await enqueue(300, in: drive)
            let first = try await drive.startWorker(["NOTIFY_SMTP_CONNECTIONS": "1", "NOTIFY_LEASE_SECONDS": "2"])
            try await drive.mailbox.applied("accepted: hold")
            first.signal(SIGKILL)
            #expect(try await first.end() == -SIGKILL)
            gate.release()
            let second = try await drive.startWorker(["NOTIFY_LEASE_SECONDS": "2"])
            try await drive.wait(until: "select count(*) = 300 from notify.deliveries")
            second.signal(SIGTERM)
            #expect(try await second.end() == 0, "\(second.lines)")
            #expect(try await drive.outcomes() == ["sent: 300"])
            try await expectCopies(of: 300, in: drive)
        }
    }

    /// Each event's mail arrived; twice only what was accepted and not yet recorded when the worker died, and then with
    /// the same Message-ID.
    private func expectCopies(of count: Int, in drive: Drive) async throws {
        var copies: [String: Int] = [:]
        for mail in drive.mailbox.state.mails {
            let header = String(decoding: mail.content, as: UTF8.self).split(separator: "\r\n")
            let line = try #require(header.first { $0.hasPrefix("Message-ID: <") })
            copies[String(line.dropFirst(13).prefix(36)), default: 0] += 1
        }
        let recorded = try await drive.database.column("select message_id from notify.deliveries").compactMap(\.self)
        #expect(Set(copies.keys) == Set(recorded) && recorded.count == count)
        #expect(copies.values.allSatisfy { $0 <= 2 })
        // The first five were accepted before the kill; none after them can have been sent twice.
        #expect(copies.values.count { $0 == 2 } <= 5)
    }
}
