import Foundation
import Glibc
import Logging
import PostgresClient
import TestSupport
import Testing

@testable import NotifyCore

@Suite("Taking over from a killed worker")
struct JournalAdoptionTests {
    /// A worker's claims and its journal, as a kill leaves them.
    private struct Estate {
        let client: QueueClient
        let folder: TemporaryFolder
        let database: DatabaseIdentity

        init(_ connection: PostgresConnection, _ folder: TemporaryFolder) throws {
            client = try QueueClient(connection)
            self.folder = folder
            let id = try connection.value("select id from notify.installation") ?? ""
            database = DatabaseIdentity(
                installationID: try #require(UUID(uuidString: id)), fingerprint: try client.queue.databaseFingerprint())
        }

        func journal(of stages: [(ClaimedEvent, JournalEntry.Stage)], in other: DatabaseIdentity? = nil) throws {
            let journal = try Journal(directory: folder.path, workerID: client.workerID, database: other ?? database)
            for (event, stage) in stages {
                journal.note(event: event.id, lease: event.leaseID, stage)
                if stage == .accepted { journal.advance(event.leaseID, to: stage, replyCode: 250) }
            }
            journal.close()
        }

        /// Again while something is left: a program that some other test starts has a file's lock too for a moment, between
        /// fork and exec.
        func adopt(holding kinds: Set<String> = []) throws {
            let adoption = JournalAdoption(
                directory: folder.path, database: database, holdUnknown: kinds,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            for _ in 1...50 {
                try adoption.run(in: client.queue)
                if files.isEmpty { return }
                usleep(1_000)
            }
        }

        var files: [String] { (try? JournalFile.paths(in: folder.path)) ?? [] }

        /// State, lane, deaths and whether it may have been sent.
        func row(_ event: ClaimedEvent) throws -> String? {
            try client.connection.value(
                """
                select concat_ws(' ', state, case when bucket = '\(ClaimPlanner.suspectLane)' then 'suspect' end, deaths,
                    maybe_sent, worker_id)
                from notify.events where id = \(event.id)
                """)
        }

        func outcome(_ event: ClaimedEvent) throws -> String? {
            try client.connection.value(
                """
                select concat_ws(' ', outcome, reason, smtp_code, attempts, maybe_sent) from notify.deliveries
                where event_id = \(event.id)
                """)
        }

        func attempts(_ event: ClaimedEvent) throws -> [String?] {
            try client.connection.column(
                """
                select concat_ws(' ', result, charged, detail) from notify.attempts
                where event_id = \(event.id) order by finished_at
                """)
        }
    }

    private func withEstate(_ body: @escaping @Sendable (Estate) throws -> Void) async throws {
        try await withTestDatabase(.directory) { database in
            try await database.withConnection { connection in
                let folder = try TemporaryFolder()
                defer { folder.remove() }
                try body(try Estate(connection, folder))
            }
        }
    }

    @Test("settles what was accepted, frees the rest at once, and of that what was begun as suspects")
    func stages() async throws {
        try await withEstate { estate in
            let events = try (0..<6).map { _ in try estate.client.claimTicket() }
            try estate.journal(of: [
                (events[0], .accepted), (events[1], .sending), (events[2], .opening), (events[3], .rendering),
                (events[4], .waiting),
            ])
            try estate.adopt()
            #expect(try estate.outcome(events[0]) == "sent 250 1 f")
            #expect(try estate.row(events[1]) == "ready suspect 0 t")
            #expect(try estate.row(events[2]) == "ready suspect 0 f")
            #expect(try estate.row(events[3]) == "ready suspect 0 f")
            #expect(try estate.row(events[4]) == "ready 0 f")
            #expect(try estate.row(events[5]) == "ready 0 f")
            #expect(try estate.attempts(events[1]) == ["unknown f the worker was killed"])
            #expect(try estate.attempts(events[2]) == ["interrupted f the worker was killed"])
            #expect(try estate.attempts(events[4]) == [])
            #expect(estate.files == [])
            #expect(try estate.client.connection.value("select count(*) from notify.workers") == "0")
        }
    }

    @Test("leaves to the lease what a damaged journal does not name, for it may have been begun")
    func damaged() async throws {
        try await withEstate { estate in
            let events = try (0..<2).map { _ in try estate.client.claimTicket() }
            try estate.journal(of: [(events[0], .accepted), (events[1], .sending)])
            let file = try #require(estate.files.first)
            truncate(file, JournalLayout.slotOffset(1))
            try estate.adopt()
            #expect(try estate.outcome(events[0]) == "sent 250 1 f")
            #expect(try estate.row(events[1])?.hasPrefix("leased 0 f") == true)
            #expect(estate.files == [])
        }
    }

    @Test("holds what nobody knows of, where its kind is not to be sent twice")
    func hold() async throws {
        try await withEstate { estate in
            let (doubtful, unsent) = (try estate.client.claimTicket(), try estate.client.claimTicket())
            try estate.journal(of: [(doubtful, .sending), (unsent, .opening)])
            try estate.adopt(holding: ["assigned_ticket"])
            #expect(try estate.row(doubtful) == "held suspect 0 t")
            #expect(try estate.row(unsent) == "ready suspect 0 f")
        }
    }

    @Test("leaves alone what is somebody else's by now, or ended")
    func fenced() async throws {
        try await withEstate { estate in
            let stale = try (0..<4).map { _ in try estate.client.claimTicket() }
            try estate.journal(of: [
                (stale[0], .accepted), (stale[1], .sending), (stale[2], .accepted), (stale[3], .sending),
            ])
            try estate.client.die()
            _ = try estate.client.queue.rescue()
            let other = try QueueClient(estate.client.connection)
            let taken = try other.claim(2).map(\.event)
            #expect(taken.map(\.id) == [stale[0].id, stale[1].id])
            try estate.client.connection.execute("select notify.cancel_event(\(stale[3].id))")
            try estate.adopt()
            for event in taken { #expect(try estate.row(event)?.hasPrefix("leased 0 t") == true) }
            // Freed and not yet taken: its own answer still counts.
            #expect(try estate.outcome(stale[2]) == "sent 250 1 f")
            #expect(try estate.outcome(stale[3]) == "cancelled by_operator 0 t")
            #expect(estate.files == [])
        }
    }

    @Test("counts a death against a suspect that was alone, and against nobody else; the third ends it")
    func deaths() async throws {
        try await withEstate { estate in
            let (first, second) = (try estate.client.claimTicket(), try estate.client.claimTicket())
            try estate.journal(of: [(first, .rendering)])
            try estate.adopt()
            #expect(try estate.row(first) == "ready suspect 0 f")
            #expect(try estate.row(second) == "ready 0 f")

            for deaths in 1...3 {
                let heir = try Estate(estate.client.connection, estate.folder)
                let worker = heir.client
                let claimed = try #require(try worker.claim(1, from: [ClaimPlanner.suspectLane]).first?.event)
                let others = try worker.claim(1).map(\.event)
                if deaths == 2 {
                    // With another one beside it nobody can tell.
                    try heir.journal(of: [(claimed, .rendering), (others[0], .waiting)])
                    try heir.adopt()
                    #expect(try heir.row(first) == "ready suspect 1 f")
                    continue
                }
                try heir.journal(of: [(claimed, .rendering)])
                try heir.adopt()
                #expect(try heir.row(first) == "ready suspect \(deaths == 1 ? 1 : 2) f")
            }
            #expect(
                try estate.attempts(first).last == "interrupted f the worker was killed; 2 died with this event alone")
            try estate.client.connection.execute("update notify.events set deaths = 3 where id = \(first.id)")
            let worker = try QueueClient(estate.client.connection)
            let doomed = try #require(try worker.claim(1, from: [ClaimPlanner.suspectLane]).first?.event)
            #expect(
                decide(doomed, now: doomed.readAt, allowing: nil)
                    == .end(.failed(.quarantined), detail: "3 workers died while they had it alone"))
        }
    }

    @Test("leaves another database's journal where it is, and that of a copy of this one")
    func otherDatabases() async throws {
        try await withEstate { estate in
            let event = try estate.client.claimTicket()
            let fingerprint = try #require(estate.database.fingerprint)
            let ours = estate.database.installationID
            for other in [
                DatabaseIdentity(installationID: UUID(), fingerprint: fingerprint),
                DatabaseIdentity(installationID: ours, fingerprint: fingerprint + 1),
            ] {
                try estate.journal(of: [(event, .accepted)], in: other)
            }
            let before = estate.files
            try estate.adopt()
            #expect(try estate.row(event)?.hasPrefix("leased") == true)
            #expect(estate.files == before && before.count == 2)
            // Whose fingerprint is not known, as of a server that does not say it, counts by the installation alone.
            try estate.journal(of: [(event, .accepted)], in: DatabaseIdentity(installationID: ours, fingerprint: nil))
            try estate.adopt()
            #expect(try estate.outcome(event) == "sent 250 1 f")
            #expect(estate.files == before)
        }
    }

    @Test("removes one that says nothing", arguments: [0, 10, 63])
    func nothing(length: Int) async throws {
        try await withEstate { estate in
            try estate.journal(of: [(try estate.client.claimTicket(), .sending)])
            truncate(try #require(estate.files.first), length)
            try estate.adopt()
            #expect(estate.files == [])
        }
    }

    @Test("leaves a copy of a journal alone, whatever it says: its worker lives, or another file knows more")
    func copies() async throws {
        try await withEstate { estate in
            let event = try estate.client.claimTicket()
            let living = try Journal(
                directory: estate.folder.path, workerID: estate.client.workerID, database: estate.database)
            living.note(event: event.id, lease: event.leaseID, .sending)
            // Comes before the original in their order.
            let copy = estate.folder.path + "/0-copy.journal"
            try FileManager.default.copyItem(atPath: living.path, toPath: copy)
            try estate.adopt()
            #expect(try estate.row(event)?.hasPrefix("leased 0 f") == true)
            living.advance(event.leaseID, to: .accepted, replyCode: 250)
            living.close()
            try estate.adopt()
            #expect(try estate.outcome(event) == "sent 250 1 f")
            #expect(estate.files == [copy])
        }
    }

    @Test("is not kept from a worker's journal by a living one of another database with the same number")
    func sameNumber() async throws {
        try await withEstate { estate in
            let event = try estate.client.claimTicket()
            let other = try Journal(
                directory: estate.folder.path, workerID: estate.client.workerID,
                database: DatabaseIdentity(installationID: UUID(), fingerprint: nil))
            defer { other.close() }
            try estate.journal(of: [(event, .sending)])
            try estate.adopt()
            #expect(try estate.row(event) == "ready suspect 0 t")
            #expect(estate.files == [other.path])
        }
    }

    @Test("leaves a file of another version where it is")
    func otherVersion() async throws {
        try await withEstate { estate in
            var octets = [UInt8](repeating: 7, count: JournalLayout.fileSize)
            octets[0] = 1
            let path = estate.folder.path + "/new.journal"
            #expect(FileManager.default.createFile(atPath: path, contents: Data(octets)))
            try estate.adopt()
            #expect(estate.files == [path])
        }
    }

    @Test("takes an event that stands there under two leases for what the one says that is its own")
    func twice() async throws {
        try await withEstate { estate in
            let event = try estate.client.claimTicket()
            let journal = try Journal(
                directory: estate.folder.path, workerID: estate.client.workerID, database: estate.database)
            journal.note(event: event.id, lease: event.leaseID + 1_000, .opening)
            journal.note(event: event.id, lease: event.leaseID, .sending)
            journal.note(event: event.id, lease: event.leaseID + 2_000, .opening)
            journal.close()
            try estate.adopt()
            #expect(try estate.row(event) == "ready suspect 0 t")
        }
    }

    @Test("is not held up by a row that the database refuses, nor are the others of its worker")
    func refusedRow() async throws {
        try await withEstate { estate in
            let events = try (0..<6).map { _ in try estate.client.claimTicket() }
            try estate.client.connection.execute(
                """
                create function refuse() returns trigger language plpgsql as
                    $$ begin raise exception 'not this one' using errcode = '23514'; end $$;
                create trigger refuse before insert on notify.deliveries
                    for each row when (new.event_id = \(events[1].id)) execute function refuse();
                """)
            try estate.journal(of: [
                (events[0], .accepted), (events[1], .accepted), (events[2], .accepted), (events[3], .sending),
                (events[4], .waiting),
            ])
            try estate.adopt()
            for index in [0, 2] { #expect(try estate.outcome(events[index]) == "sent 250 1 f") }
            #expect(try estate.row(events[1])?.hasPrefix("leased 0 f") == true, "it was sent: it waits for its lease")
            #expect(try estate.row(events[3]) == "ready suspect 0 t")
            for index in [4, 5] { #expect(try estate.row(events[index]) == "ready 0 f") }
            #expect(estate.files.count == 1)
            #expect(try estate.client.connection.value("select count(*) from notify.workers") == "1")
            try estate.client.connection.execute("drop trigger refuse on notify.deliveries")
            try estate.adopt()
            #expect(try estate.outcome(events[1]) == "sent 250 1 f")
            #expect(estate.files == [])
            #expect(try estate.client.connection.value("select count(*) from notify.workers") == "0")
        }
    }

    @Test(
        "waits with a file whose row somebody keeps locked, and with nobody else's",
        arguments: [JournalEntry.Stage.accepted, .sending])
    func locked(stage: JournalEntry.Stage) async throws {
        try await withTestDatabase(.directory) { database in
            try await database.withConnection { connection in
                let folder = try TemporaryFolder()
                defer { folder.remove() }
                let estate = try Estate(connection, folder)
                let (event, other) = (try estate.client.claimTicket(), try estate.client.claimTicket())
                try estate.journal(of: [(event, stage), (other, .sending)])
                try database.withSession { holder in
                    try holder.execute("begin; select from notify.events where id = \(event.id) for update")
                    try estate.adopt()
                }
                #expect(try estate.row(event)?.hasPrefix("leased") == true)
                #expect(try estate.row(other) == "ready suspect 0 t")
                #expect(estate.files.count == 1)
                try estate.adopt()
                if stage == .accepted {
                    #expect(try estate.outcome(event) == "sent 250 1 f")
                } else {
                    #expect(try estate.row(event) == "ready suspect 0 t")
                }
                #expect(estate.files == [])
            }
        }
    }
}
