import Foundation
import PostgresClient
import TestSupport
import Testing

@testable import NotifyCore

@Suite("Settling events")
struct SettleTests {
    private static func end(_ event: ClaimedEvent, _ outcome: Outcome = .sent) -> Settlement {
        Settlement(event, .end(outcome, detail: nil, isCharged: outcome == .sent))
    }

    private static let outcomes = "select count(*) from notify.deliveries"

    @Test(
        "An event that ends leaves the queue with its payload; what failed or expired keeps that aside",
        arguments: [
            (Outcome.sent, false), (.skipped(.preferenceOff), false), (.failed(.badPayload), true),
            (.expired(.neverTried), true), (.cancelled(.byOperator), false),
        ])
    func ends(outcome: Outcome, isKept: Bool) async throws {
        try await withQueue { client, _ in
            let event = try client.claimTicket()
            #expect(try client.queue.settle([Self.end(event, outcome)]).ours == [event.leaseID])
            #expect(try client.connection.value("select count(*) from notify.events") == "0")
            #expect(try client.connection.value("select count(*) from notify.event_payloads") == "0")
            let row = try client.connection.value(
                "select concat_ws(' ', event_id, outcome, reason, lease_id, attempts) from notify.deliveries")
            let expected = [
                "\(event.id)", outcome.name, outcome.reason, "\(event.leaseID)", outcome == .sent ? "1" : "0",
            ]
            #expect(row == expected.compactMap(\.self).joined(separator: " "))
            let kept = try client.connection.column("select payload ->> 'subject' from notify.dead_events")
            #expect(kept == (isKept ? ["Printer on fire"] : []))
        }
    }

    @Test("A lease that is not the event's changes nothing")
    func foreignLease() async throws {
        try await withQueue { client, _ in
            let event = try client.claimTicket()
            try client.connection.execute("update notify.events set lease_id = nextval('notify.lease_ids')")
            let release = Settlement(event, .release(after: .zero, isCharged: true))
            #expect(try client.queue.settle([Self.end(event)]).ours.isEmpty)
            #expect(try client.queue.settle([release, Self.end(event)]).ours.isEmpty)
            #expect(try client.state(of: event) == "leased")
            #expect(try client.connection.value(Self.outcomes) == "0")
        }
    }

    @Test(
        "A lease that ran out still counts while nobody else took the event, and not afterwards",
        arguments: [false, true])
    func lateSettle(isTaken: Bool) async throws {
        try await withQueue { client, database in
            let event = try client.claimTicket()
            try client.die()
            try database.withSession { connection in
                let other = try QueueClient(connection)
                #expect(try other.queue.rescue().events == 1)
                let taken = isTaken ? try other.claim(1).map(\.event) : []
                #expect(taken.count == (isTaken ? 1 : 0))
                #expect(try client.queue.settle([Self.end(event)]).ours == (isTaken ? [] : [event.leaseID]))
                #expect(try other.queue.settle(taken.map { Self.end($0) }).ours == Set(taken.map(\.leaseID)))
                #expect(try client.connection.value(Self.outcomes) == "1")
            }
        }
    }

    @Test("An event that its worker claimed twice gets one outcome, even from one batch")
    func twoClaimsInOneBatch() async throws {
        try await withQueue { client, _ in
            let first = try client.claimTicket()
            try client.connection.execute("update notify.events set state = 'ready', worker_id = null")
            let second = try #require(try client.claim(1).first?.event)
            #expect(first.id == second.id)
            let batch = [Self.end(first, .failed(.badPayload)), Self.end(second)]
            #expect(try client.queue.settle(batch).ours == [second.leaseID])
            #expect(try client.connection.column("select outcome from notify.deliveries") == ["sent"])
            #expect(try client.connection.column("select outcome from notify.dead_events") == [])
        }
    }

    @Test("A settlement whose answer was lost can be written again and does nothing")
    func again() async throws {
        try await withQueue { client, _ in
            let event = try client.claimTicket()
            #expect(try client.queue.settle([Self.end(event)]).ours == [event.leaseID])
            #expect(try client.queue.settle([Self.end(event)]).ours.isEmpty)
            #expect(try client.connection.value(Self.outcomes) == "1")
        }
    }

    @Test("Ends and releases of a batch are written together or not at all")
    func oneTransaction() async throws {
        try await withQueue { client, _ in
            for _ in 0..<2 { try client.connection.execute(enqueueTicket()) }
            let events = try client.claim(2).map(\.event)
            let batch = [Self.end(events[0]), Settlement(events[1], .release(after: .seconds(60), isCharged: false))]
            try client.connection.execute(
                "alter table notify.events add constraint never_waiting check (state <> 'waiting')")
            #expect(throws: PostgresError.self) { try client.queue.settle(batch) }
            #expect(try client.connection.column("select distinct state from notify.events") == ["leased"])
            #expect(try client.connection.value(Self.outcomes) == "0")
            try client.connection.execute("alter table notify.events drop constraint never_waiting")
            #expect(try client.queue.settle(batch).ours == Set(events.map(\.leaseID)))
            #expect(try client.connection.column("select state from notify.events") == ["waiting"])
            #expect(try client.connection.value(Self.outcomes) == "1")
        }
    }

    @Test("A cancel that found the event leased takes it from the feed once the worker honours it")
    func honouredCancel() async throws {
        try await withQueue { client, _ in
            let event = try client.claimTicket("dedupe_key => 'k'")
            #expect(try client.connection.value("select notify.cancel('k')") == "false")
            let row = try #require(try client.queue.recheck([event])[event.leaseID])
            #expect(row.isLeaseHeld)
            #expect(row.cancelReason == .byProducer)
            #expect(try client.queue.settle([Self.end(event, .cancelled(.byProducer))]).ours == [event.leaseID])
            #expect(try client.connection.value("select count(*) from notify.dedupe_keys") == "0")
            #expect(try client.connection.value("select retracted_at is not null from notify.notifications") == "true")
        }
    }

    @Test("An event that was sent keeps its place in the feed, whatever was cancelled meanwhile; its key is free")
    func lateCancel() async throws {
        try await withQueue { client, _ in
            let event = try client.claimTicket("dedupe_key => 'k'")
            #expect(try client.connection.value("select notify.cancel('k')") == "false")
            #expect(try client.queue.settle([Self.end(event)]).ours == [event.leaseID])
            #expect(try client.connection.value("select count(*) from notify.dedupe_keys") == "0")
            #expect(try client.connection.value("select retracted_at is null from notify.notifications") == "true")
        }
    }

    @Test("A row that somebody keeps locked holds up neither its batch mates nor the rescue of others")
    func lockedRow() async throws {
        try await withTestDatabase(.directory) { database in
            try await database.withConnection { connection in
                let client = try QueueClient(connection)
                for _ in 0..<3 { _ = try connection.value(enqueueTicket()) }
                let events = try client.claim(3).map(\.event)
                let producer = try PostgresConnection(database.conninfo)
                defer { producer.close() }
                try producer.execute("begin; select from notify.events where id = \(events[1].id) for update")
                let settled = try client.queue.settle(events.map { Self.end($0) })
                #expect(settled.ours == [events[0].leaseID, events[2].leaseID])
                #expect(settled.locked == [events[1].leaseID])
                let released = try client.queue.settle([.untouched(events[1])])
                #expect(released.locked == [events[1].leaseID])
                try connection.execute("update notify.workers set expires_at = now() - interval '1 second'")
                #expect(try client.queue.rescue().events == 0)
                try producer.execute("rollback")
                #expect(try client.queue.settle([Self.end(events[1])]).ours == [events[1].leaseID])
            }
        }
    }

    @Test(
        "A producer that keeps the key or the feed row of a cancelled event holds up that event alone",
        arguments: [
            enqueueTicket(ada, "dedupe_key => 'k'"),
            "update notify.notifications set read_at = now() where user_id = '\(ada)'",
        ])
    func lockedKey(statement: String) async throws {
        try await withQueue { client, database in
            let kept = try client.claimTicket("dedupe_key => 'k'")
            try client.connection.execute(enqueueTicket(bob, "dedupe_key => 'l'"))
            let free = try #require(try client.claim(1).first?.event)
            try client.connection.execute(enqueueTicket(cyd))
            let sent = try #require(try client.claim(1).first?.event)
            // Whoever waits for a lock here fails.
            try client.connection.execute("set lock_timeout = '1ms'")
            try database.withSession { producer in
                try producer.execute("begin; \(statement)")
                let batch = [
                    Self.end(kept, .cancelled(.recipientGone)), Self.end(free, .cancelled(.recipientGone)),
                    Self.end(sent),
                ]
                let settled = try client.queue.settle(batch)
                #expect(settled.ours == [free.leaseID, sent.leaseID])
                #expect(settled.locked == [kept.leaseID])
                #expect(try client.state(of: kept) == "leased")
                #expect(try client.connection.column("select key from notify.dedupe_keys") == ["k"])
                let retracted = "select user_id from notify.notifications where retracted_at is not null"
                #expect(try client.connection.column(retracted) == [bob])
                try producer.execute("rollback")
            }
            #expect(try client.queue.settle([Self.end(kept, .cancelled(.recipientGone))]).ours == [kept.leaseID])
            #expect(try client.connection.column("select key from notify.dedupe_keys") == [])
            let outcomes = "select outcome || ' ' || count(*) from notify.deliveries group by outcome order by 1"
            #expect(try client.connection.column(outcomes) == ["cancelled 2", "sent 1"])
        }
    }
}
