import Foundation
import PostgresClient
import TestSupport
import Testing

@testable import NotifyCore

@Suite("Discovering what became ready")
struct DiscoveryTests {
    @Test(
        "Events whose transaction began before a look and ends after it are found by the next",
        arguments: [false, true])
    func longWriter(isSavepoint: Bool) async throws {
        try await withQueue { client, database in
            try database.withSession { writer in
                try writer.execute("begin; \(isSavepoint ? "savepoint s;" : "") \(insertTickets(1))")
                try client.connection.execute(insertTickets(1))
                let first = try client.queue.sweepBuckets(from: noOrganization, limit: 10)
                #expect(first.buckets.count == 1)
                #expect(try client.queue.discoverBuckets(since: first.snapshot, limit: 10).buckets.isEmpty)
                try writer.execute("\(isSavepoint ? "release s;" : "") commit")
                let second = try client.queue.discoverBuckets(since: first.snapshot, limit: 10)
                let position = try #require(second.buckets.first?.position)
                #expect(position.transaction < first.buckets[0].position.transaction)
                #expect(try client.queue.discoverBuckets(since: second.snapshot, limit: 10).buckets.isEmpty)
            }
        }
    }

    @Test("A sweep names each bucket once with its first event, in parts if need be")
    func sweep() async throws {
        try await withQueue { client, _ in
            try client.connection.execute(insertTickets(50, buckets: 10))
            let all = try client.queue.sweepBuckets(from: noOrganization, limit: 100)
            #expect(all.buckets.map(\.bucket) == ticketBuckets(10))
            #expect(!all.isCut)
            let part = try client.queue.sweepBuckets(from: all.buckets[6].bucket, limit: 3)
            #expect(part.buckets.map(\.bucket) == all.buckets[6..<9].map(\.bucket))
            #expect(part.buckets.map(\.position) == all.buckets[6..<9].map(\.position))
            #expect(part.isCut)
        }
    }

    @Test("A look that finds more than it may read says so")
    func cut() async throws {
        try await withQueue { client, _ in
            let before = try client.queue.sweepBuckets(from: noOrganization, limit: 1).snapshot
            try client.connection.execute(insertTickets(20))
            #expect(try client.queue.discoverBuckets(since: before, limit: 20).isCut)
            #expect(try !client.queue.discoverBuckets(since: before, limit: 21).isCut)
        }
    }

    @Test(
        "However transactions interleave, each event is discovered once, at the first look after its commit",
        arguments: 0..<4)
    func exactlyOnce(round: Int) async throws {
        let seed = UInt64.random(in: .min ... .max)
        try await withQueue { client, database in
            var story = try InterleavedWriters(seed: seed, sessions: 4, on: database)
            defer { story.close() }
            var snapshot = try client.queue.sweepBuckets(from: noOrganization, limit: 1).snapshot
            var total = 0
            for step in 0..<150 {
                try story.step()
                guard story.isTimeToLook || step == 149 else { continue }
                let rows = try client.connection.run(QueueStatements.discoverBuckets, [snapshot, Int32(10_000)])
                snapshot = try rows.string(0, 0)
                var found: [UUID: Int] = [:]
                for row in 0..<rows.count where !rows.isNull(row, 1) {
                    found[try rows.uuid(row, 1)] = Int(try rows.int64(row, 3))
                }
                #expect(found == story.takeCommitted(), "step \(step), seed \(seed)")
                total += found.values.reduce(0, +)
            }
            #expect(total > 0, "seed \(seed)")
        }
    }

    @Test("A planner that only discovers loses no event, however late it was committed", arguments: 0..<2)
    func claimsAll(round: Int) async throws {
        let seed = UInt64.random(in: .min ... .max)
        try await withQueue { client, database in
            var story = try InterleavedWriters(seed: seed, sessions: 4, on: database)
            defer { story.close() }
            var snapshot = try client.queue.sweepBuckets(from: noOrganization, limit: 1).snapshot
            var planner = ClaimPlanner()
            var claimed: [Int64] = []
            var committed = 0
            for step in 0..<220 {
                try step < 200 ? story.step() : story.endAll()
                committed += story.takeCommitted().values.reduce(0, +)
                guard story.isTimeToLook || step >= 200 else { continue }
                let findings = try client.queue.discoverBuckets(since: snapshot, limit: 10_000)
                snapshot = findings.snapshot
                for found in findings.buckets { planner.found(found.bucket, at: found.position) }
                let shares = planner.plan(limit: 40, accountLimit: 0)
                guard !shares.isEmpty else { continue }
                let claims = try client.queue.claim(shares, workerID: client.workerID)
                claimed += claims.map(\.event.id)
                for share in shares {
                    let own = claims.filter { $0.bucket == share.bucket }
                    planner.claimed(share, count: own.count, last: own.last?.position)
                }
            }
            #expect(Set(claimed).count == claimed.count, "seed \(seed)")
            #expect(claimed.count == committed, "seed \(seed)")
            #expect(
                try client.connection.value("select count(*) from notify.events where state = 'ready'") == "0",
                "seed \(seed)")
        }
    }
}

/// Sessions that open transactions, write events into a few buckets, set savepoints and end in any order.
private struct InterleavedWriters {
    private struct Writer {
        let connection: PostgresConnection
        var isOpen = false
        var written: [UUID: Int] = [:]
        /// What was written before each open savepoint.
        var savepoints: [[UUID: Int]] = []
    }

    private var writers: [Writer]
    private var random: SplitMix64
    private let buckets = ticketBuckets(5)
    private var committed: [UUID: Int] = [:]

    init(seed: UInt64, sessions: Int, on database: TestDatabase) throws {
        random = SplitMix64(seed: seed)
        writers = try (0..<sessions).map { _ in Writer(connection: try PostgresConnection(database.conninfo)) }
    }

    var isTimeToLook: Bool {
        mutating get { random.next() % 3 == 0 }
    }

    /// What was committed since the last call, by bucket.
    mutating func takeCommitted() -> [UUID: Int] {
        defer { committed = [:] }
        return committed
    }

    mutating func step() throws {
        let index = Int(random.next() % UInt64(writers.count))
        guard writers[index].isOpen else { return try begin(index) }
        switch random.next() % 8 {
        case 0..<3: try write(index)
        case 3: try savepoint(index)
        case 4: try rollBackToSavepoint(index)
        case 5: try end(index, commits: false)
        default: try end(index, commits: true)
        }
    }

    mutating func endAll() throws {
        for index in writers.indices where writers[index].isOpen { try end(index, commits: true) }
    }

    func close() {
        for writer in writers { writer.connection.close() }
    }

    private mutating func begin(_ index: Int) throws {
        try writers[index].connection.execute("begin")
        writers[index].isOpen = true
        if random.next() % 2 == 0 { try write(index) }
    }

    private mutating func write(_ index: Int) throws {
        let bucket = buckets[Int(random.next() % UInt64(buckets.count))]
        let count = Int(random.next() % 4) + 1
        try writers[index].connection
            .execute(
                """
                insert into notify.events (kind, bucket, state, due_at, expires_at)
                select 'assigned_ticket', '\(bucket)', 'ready', now(), now() + interval '1 day' from generate_series(1, \(count))
                """)
        writers[index].written[bucket, default: 0] += count
    }

    private mutating func savepoint(_ index: Int) throws {
        try writers[index].connection.execute("savepoint s\(writers[index].savepoints.count)")
        writers[index].savepoints.append(writers[index].written)
    }

    private mutating func rollBackToSavepoint(_ index: Int) throws {
        guard let written = writers[index].savepoints.popLast() else { return }
        try writers[index].connection.execute("rollback to s\(writers[index].savepoints.count)")
        writers[index].written = written
    }

    private mutating func end(_ index: Int, commits: Bool) throws {
        try writers[index].connection.execute(commits ? "commit" : "rollback")
        if commits { committed.merge(writers[index].written, uniquingKeysWith: +) }
        writers[index] = Writer(connection: writers[index].connection)
    }
}
