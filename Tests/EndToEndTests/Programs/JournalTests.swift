import DevMailbox
import Foundation
import Glibc
import PostgresClient
import TestSupport
import Testing

@testable import NotifyCore

/// The real binary, killed at chosen moments of its work.
@Suite("A worker that is killed with a journal", .timeLimit(.minutes(3)))
struct JournalTests {
    @Test("leaves to the next one, at once, what was accepted and not recorded: it goes out once")
    func accepted() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try await Drive.with { drive in
            let journal = ["NOTIFY_JOURNAL_DIR": folder.path, "NOTIFY_LEASE_SECONDS": "3600"]
            let ids = try await EventFixture().plain(0..<40).enqueue(in: drive.database)
            let worker = try await drive.startWorker(journal)
            try await drive.database.withConnection { holder in
                // Nothing can be recorded.
                try holder.execute("begin; lock table notify.deliveries in access exclusive mode")
                // Not by the mailbox's count: what it took counts from when its answer was read.
                try Self.wait(until: { try Self.acceptedCount(in: folder.path) == ids.count })
                worker.signal(SIGKILL)
                try holder.execute("rollback")
            }
            _ = try await worker.end()
            let next = try await drive.startWorker(journal)
            try await drive.wait(until: "select count(*) = \(ids.count) from notify.deliveries where outcome = 'sent'")
            next.signal(SIGTERM)
            #expect(try await next.end() == 0)
            #expect(drive.mailbox.state.mailCount == ids.count)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
        }
    }

    @Test("names what was on the wire, and that alone goes out again, under the same Message-ID")
    func inDoubt() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let gate = Gate()
        try await Drive.with(faults: [FaultRule(.dot, .first(1), .hold(gate))]) { drive in
            let settings = [
                "NOTIFY_JOURNAL_DIR": folder.path, "NOTIFY_LEASE_SECONDS": "3600", "NOTIFY_SMTP_CONNECTIONS": "1",
            ]
            let ids = try await EventFixture().plain(0..<10).enqueue(in: drive.database)
            let worker = try await drive.startWorker(settings)
            try await drive.mailbox.applied("dot: hold")
            worker.signal(SIGKILL)
            _ = try await worker.end()
            gate.release()
            let next = try await drive.startWorker(settings)
            #expect(next.lines.contains { $0.contains("may have been sent by a killed worker") })
            try await drive.wait(until: "select count(*) = \(ids.count) from notify.deliveries where outcome = 'sent'")
            next.signal(SIGTERM)
            #expect(try await next.end() == 0)
            let copies = Dictionary(grouping: drive.mailbox.state.mails) { Self.messageID($0) }
            #expect(copies.count == ids.count)
            #expect(copies.values.filter { $0.count > 1 }.count <= 1)
        }
    }

    private static func messageID(_ mail: CapturedMail) -> String {
        let lines = String(decoding: mail.content, as: UTF8.self).split(separator: "\r\n")
        return lines.first { $0.lowercased().hasPrefix("message-id:") }.map(String.init) ?? ""
    }

    private static func acceptedCount(in folder: String) throws -> Int {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder)
        return try names.reduce(0) { count, name in
            let octets = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))
            return count + JournalContents(Array(octets)).entries.count { $0.stage == .accepted }
        }
    }

    private static func wait(until isSo: () throws -> Bool) throws {
        for _ in 1...6_000 where try !isSo() { usleep(10_000) }
        #expect(try isSo())
    }
}
