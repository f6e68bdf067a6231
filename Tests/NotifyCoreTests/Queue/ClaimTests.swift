import Foundation
import PostgresClient
import TestSupport
import Testing

@testable import NotifyCore

@Suite("Claiming events")
struct ClaimTests {
    @Test("A claim takes its share of each bucket, the oldest first")
    func shares() async throws {
        try await withQueue { client, _ in
            for _ in 0..<4 {
                try client.connection.execute(enqueueTicket(ada, "organization_id => '\(acme)'"))
                try client.connection.execute(enqueueTicket())
            }
            let ids = try client.connection.column("select id from notify.events order by id")
                .compactMap { Int64($0 ?? "") }
            let claims = try client.claim(3, from: [acmeBucket, noOrganization])
            #expect(claims.map(\.event.id) == Array(ids.prefix(6)))
            #expect(claims.count { $0.bucket == acmeBucket } == 3)
            #expect(Set(claims.map(\.event.leaseID)).count == 6)
            #expect(try client.claim(3, from: [acmeBucket]).map(\.event.id) == [ids[6]])
            #expect(
                try client.connection.value("select count(*) from notify.events where worker_id = \(client.workerID)")
                    == "7")
        }
    }

    @Test("A claim starts where it is told to, and a bucket's first event tells where that is")
    func start() async throws {
        try await withQueue { client, _ in
            for _ in 0..<3 { try client.connection.execute(enqueueTicket()) }
            let first = try #require(try client.queue.sweepBuckets(from: noOrganization, limit: 10).buckets.first)
            let behind = ClaimPlanner.Position(transaction: first.position.transaction, id: first.position.id + 1)
            let claims = try client.queue.claim(
                [ClaimPlanner.Share(bucket: first.bucket, start: behind, count: 10)], workerID: client.workerID)
            #expect(claims.count == 2)
            #expect(!claims.map(\.event.id).contains(first.position.id))
        }
    }

    @Test("An account mail is in a bucket that the planner puts first, and brings its own address")
    func accountLane() async throws {
        try await withQueue { client, _ in
            try client.connection.execute(enqueueTicket())
            try client.connection.execute(
                "select notify.enqueue_account('account_test', 'new@example.net', null, 'de', 'UTC', '{}', now() + interval '1 h')"
            )
            var planner = ClaimPlanner()
            for found in try client.queue.sweepBuckets(from: noOrganization, limit: 10).buckets {
                planner.found(found.bucket, at: found.position)
            }
            let shares = planner.plan(limit: 10, accountLimit: 10)
            #expect(shares.map(\.bucket) == [ClaimPlanner.accountLane, noOrganization])
            let mail = try #require(try client.queue.claim([shares[0]], workerID: client.workerID).first?.event)
            #expect(mail.isAccountMail)
            #expect(mail.recipient?.email == "new@example.net")
            #expect(mail.recipient?.locale == "de")
        }
    }

    @Test("A worker whose lease ran out gets nothing until it has sent a heartbeat")
    func deadWorker() async throws {
        try await withQueue { client, _ in
            try client.connection.execute(enqueueTicket())
            try client.die()
            #expect(try client.claim(1).isEmpty)
            #expect(try client.connection.value("select state from notify.events") == "ready")
            try client.queue.heartbeat(workerID: client.workerID, name: "test", lease: .seconds(60))
            #expect(try client.claim(1).count == 1)
        }
    }

    @Test("What the decision needs comes with the claim, as it is at that moment")
    func facts() async throws {
        try await withQueue { client, _ in
            try client.connection.execute(
                """
                select notify.enqueue('assigned_ticket', '\(bob)', '\(ticket)', '\(acme)', actor_id => '\(ada)');
                select notify.set_email_preference('\(bob)', 'assigned_tickets', false);
                select notify.remove_member('\(acme)', '\(bob)');
                update notify.users set suppressed_at = now(), is_active = false where id = '\(bob)';
                """)
            let event = try #require(try client.claim(1, from: [acmeBucket]).first?.event)
            #expect(event.actorID?.uuidString.lowercased() == ada)
            #expect(event.organizationName == "Acme")
            #expect(
                event.recipient
                    == Recipient(
                        email: "bob@example.com", displayName: "Bob", locale: "pt-BR", timeZone: "America/Sao_Paulo",
                        isActive: false, isMember: false, isSwitchOn: false, isSuppressed: true))
        }
    }

    @Test("A claim passes by what another session has locked, without waiting")
    func skipsLocked() async throws {
        try await withQueue { client, database in
            for _ in 0..<3 { try client.connection.execute(enqueueTicket()) }
            try database.withSession { other in
                try other.execute("begin")
                let locked = try other.value("select id from notify.events order by id limit 1 for update")
                let claims = try client.claim(10)
                #expect(claims.count == 2)
                #expect(!claims.map { String($0.event.id) }.contains(locked ?? ""))
            }
        }
    }

    @Test("Four workers that claim side by side take every event, and none of them twice")
    func race() async throws {
        try await withTestDatabase(.directory) { database in
            try await database.execute(insertTickets(8_000, buckets: 7))
            let ids = try await withThrowingTaskGroup(of: [Int64].self) { group in
                for _ in 0..<4 {
                    group.addTask { try await database.withConnection { try Self.takeAll(QueueClient($0)) } }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(ids.count == 8_000)
            #expect(Set(ids).count == 8_000)
            #expect(try await database.value("select count(distinct worker_id) from notify.events") == "4")
        }
    }

    /// Claims as the claimer does until nothing ready is left.
    private static func takeAll(_ client: QueueClient) throws -> [Int64] {
        var taken: [Int64] = []
        while true {
            var planner = ClaimPlanner()
            for found in try client.queue.sweepBuckets(from: noOrganization, limit: 100).buckets {
                planner.found(found.bucket, at: found.position)
            }
            let shares = planner.plan(limit: 100, accountLimit: 0)
            guard !shares.isEmpty else { return taken }
            taken += try client.queue.claim(shares, workerID: client.workerID).map(\.event.id)
        }
    }
}
