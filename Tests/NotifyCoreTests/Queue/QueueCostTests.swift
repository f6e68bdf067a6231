import Foundation
import PostgresClient
import TestSupport
import Testing

@testable import NotifyCore

@Suite("What the queue's statements read", .serialized)
struct QueueCostTests {
    /// What the planner knows of the tables, and whether it plans for the values at hand or for any.
    struct Planning: Sendable, CustomTestStringConvertible {
        enum Statistics: String, CaseIterable {
            case none = "no statistics"
            case current = "current statistics"
            /// Taken of a queue that was almost empty, as it is most of the time; plans were kept then, too.
            case stale = "statistics of an empty queue"
        }

        let statistics: Statistics
        let mode: String
        var testDescription: String { "\(statistics.rawValue), \(mode)" }

        static let all = Statistics.allCases
            .flatMap { statistics in
                ["force_custom_plan", "force_generic_plan"].map { Planning(statistics: statistics, mode: $0) }
            }
    }

    @Test("No statement reads a whole table of the queue, with 100,000 open events", arguments: Planning.all)
    func plans(planning: Planning) async throws {
        try await withQueue { client, _ in
            try client.connection.execute("set plan_cache_mode = \(planning.mode)")
            if planning.statistics == .stale {
                try Self.leaveAlmostEmpty(client)
                for (_, call) in try Self.calls(client) {
                    try client.connection.execute("begin")
                    try call()
                    try client.connection.execute("rollback")
                }
                try client.connection.execute("delete from notify.event_payloads; delete from notify.events")
            }
            try Self.fill(client)
            if planning.statistics == .current { try client.connection.execute("analyze") }
            for (name, call) in try Self.calls(client) {
                let found = try Self.wholeReads(by: call, on: client.connection)
                #expect(found == [], "\(name)")
            }
            // The measure itself: it does see a statement that reads a table from end to end.
            let scan = { try client.connection.execute("select count(*) from notify.events where attempts = 7") }
            #expect(try Self.wholeReads(by: scan, on: client.connection) == ["events"])
        }
    }

    /// What workers ask of the queue, for up to 150 events that are claimed first.
    private static func calls(_ client: QueueClient) throws -> [(String, () throws -> Void)] {
        let before = try client.queue.sweepBuckets(from: noOrganization, limit: 1).snapshot
        let held = try client.claim(3, from: ticketBuckets(50)).map(\.event)
        #expect(!held.isEmpty)
        let half = held.count / 2
        let settlements =
            held.prefix(half).map { Settlement($0, .end(.failed(.badPayload), detail: "x", isCharged: true)) }
            + held.dropFirst(half).map { Settlement($0, .release(after: .seconds(60), isCharged: true)) }
        return [
            ("claim", { _ = try client.claim(2, from: ticketBuckets(50)) }),
            ("recheck", { _ = try client.queue.recheck(held) }),
            ("settle", { _ = try client.queue.settle(settlements) }),
            ("promote", { _ = try client.queue.promote(from: 0, limit: 1_000) }),
            ("discover", { _ = try client.queue.discoverBuckets(since: before, limit: 2_000) }),
            ("sweep", { _ = try client.queue.sweepBuckets(from: noOrganization, limit: 10_000) }),
            ("rescue", { _ = try client.queue.rescue() }),
            ("heartbeat", { try client.queue.heartbeat(workerID: client.workerID, name: "x", lease: .seconds(60)) }),
            ("list leased", { _ = try client.queue.leased(workerID: client.workerID) }),
            ("free orphans", { try client.queue.free(held.map { ($0.id, $0.leaseID) }) }),
            (
                "mark suspects",
                {
                    let entries = held.map {
                        JournalEntry(eventID: $0.id, leaseID: $0.leaseID, stage: .sending, replyCode: 0)
                    }
                    _ = try client.queue.markSuspects(entries, isAlone: false, holding: [])
                }
            ),
            ("purge keys", { _ = try client.queue.purgeDedupeKeys(limit: 1_000) }),
            ("purge dead", { _ = try client.queue.purgeDeadEvents(limit: 1_000) }),
            ("sign off", { try client.queue.signOff(workerID: client.workerID) }),
        ]
    }

    /// Many events have gone through, and the last few are left when the statistics are taken.
    private static func leaveAlmostEmpty(_ client: QueueClient) throws {
        try client.connection.execute(insertTickets(3_000, buckets: 50))
        try client.connection.execute(
            """
            delete from notify.event_payloads where event_id < (select max(id) - 4 from notify.events);
            delete from notify.events where id < (select max(id) - 4 from notify.events)
            """)
        try client.connection.execute("vacuum analyze")
    }

    @Test("A claim costs the same before and after thousands of events were settled under an old snapshot")
    func pinnedHistory() async throws {
        try await withQueue { client, database in
            try client.connection.execute(insertTickets(1_000))
            try client.connection.execute("alter table notify.events set (autovacuum_enabled = off)")
            let before = try Self.pagesRead(by: client, from: ClaimPlanner.Position(transaction: 0, id: 0))
            try database.withSession { old in
                try old.execute("begin isolation level repeatable read; select count(*) from notify.events")
                for _ in 0..<5 {
                    try client.connection.execute(insertTickets(3_000))
                    try client.connection.execute("delete from notify.events where state = 'ready'")
                }
                try client.connection.execute(insertTickets(1_000))
                try client.connection.execute("vacuum notify.events")
                let last = try #require(try client.queue.sweepBuckets(from: noOrganization, limit: 1).buckets.first)
                // Once for each: the first scan marks dead what it passes by, as far as the old snapshot allows.
                for _ in 0..<2 { _ = try Self.pagesRead(by: client, from: last.position) }
                let after = try Self.pagesRead(by: client, from: last.position)
                #expect(Double(after) <= Double(before) * 1.5, "\(before) pages before, \(after) after")
                let naive = try Self.pagesRead(by: client, from: ClaimPlanner.Position(transaction: 0, id: 0))
                // The history is really there: its 15,000 rows lie on some 400 pages.
                #expect(naive > after + 300, "\(naive) pages from the beginning, \(after) from the last position")
            }
        }
    }

    /// 100,000 events in 50 buckets: most ready, some scheduled, some held by this worker and by a dead one; and as many
    /// de-duplication keys and dead events, none of them to be purged yet.
    private static func fill(_ client: QueueClient) throws {
        try client.connection.execute(insertTickets(100_000, buckets: 50))
        try client.connection.execute(
            """
            update notify.events set state = 'waiting', due_at = now() + interval '1 h' where id / 50 % 10 < 3;
            insert into notify.workers (id, name, expires_at) values (1000000, 'dead', now() - interval '1 h');
            update notify.events set state = 'leased', worker_id = case when id / 50 % 100 = 9 then 1000000 else \(client.workerID) end,
                   lease_id = nextval('notify.lease_ids') where id / 50 % 100 in (9, 19);
            insert into notify.dedupe_keys (user_id, kind, key, event_id, expires_at)
            select '\(ada)', 'assigned_ticket', n::text, n, now() + interval '7 days' from generate_series(1, 100000) n;
            insert into notify.dead_events (event_id, kind, bucket, outcome, reason, attempts, message_id, enqueued_at, expires_at)
            select -n, 'assigned_ticket', '\(ada)', 'failed', 'bad_payload', 1, '\(ada)', now(), now() from generate_series(1, 100000) n;
            """)
    }

    /// The big tables of which `call` read more than 5,000 rows, by whatever plan, undoing what it did. The most that a
    /// statement here has to do with is 2,000.
    private static func wholeReads(by call: () throws -> Void, on connection: PostgresConnection) throws -> [String?] {
        let reads = """
            select relname, coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) as n from pg_stat_xact_user_tables
             where schemaname = 'notify' and relname in ('events', 'event_payloads', 'dedupe_keys', 'dead_events')
            """
        try connection.execute(
            """
            create temp table if not exists seen (relname text, n bigint);
            begin;
            delete from pg_temp.seen;
            insert into pg_temp.seen \(reads)
            """)
        defer { try? connection.execute("rollback") }
        try call()
        return try connection.column(
            "select r.relname from (\(reads)) r left join pg_temp.seen s using (relname) where r.n - coalesce(s.n, 0) > 5000 order by 1"
        )
    }

    /// How many pages one claim of 100 events touches, which no other load on the machine can change. Undone afterwards.
    private static func pagesRead(by client: QueueClient, from start: ClaimPlanner.Position) throws -> Int {
        try client.connection.execute("begin")
        defer { try? client.connection.execute("rollback") }
        var parameters: Parameters = [[noOrganization], [start.transaction], [start.id], [Int32(100)], client.workerID]
        parameters.append(EventKind.allNames)
        parameters.append(EventKind.allSwitchNames)
        let plan = try client.connection.run(
            Statement("explain (analyze, buffers, timing off, format json) \(QueueStatements.claim.sql)"), parameters)
        let json = try JSONSerialization.jsonObject(with: Data(try plan.string(0, 0).utf8)) as? [[String: Any]]
        let root = try #require(json?.first?["Plan"] as? [String: Any])
        let pages = ["Shared Hit Blocks", "Shared Read Blocks"].compactMap { root[$0] as? Int }
        return try #require(pages.isEmpty ? nil : pages.reduce(0, +))
    }
}
