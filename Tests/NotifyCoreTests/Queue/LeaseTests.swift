import Foundation
import PostgresClient
import TestSupport
import Testing

@testable import NotifyCore

@Suite("Leases and dead workers")
struct LeaseTests {
    @Test("A rescue frees what dead workers hold and nothing else, and leaves the lease on the row")
    func rescue() async throws {
        try await withQueue { dead, database in
            for _ in 0..<4 { try dead.connection.execute(enqueueTicket()) }
            let lost = try dead.claim(2).map(\.event)
            try database.withSession { connection in
                let alive = try QueueClient(connection)
                let held = try alive.claim(1).map(\.event)
                #expect(try alive.queue.rescue() == (0, 0))
                try dead.die()
                let snapshot = try alive.queue.sweepBuckets(from: noOrganization, limit: 10).snapshot
                #expect(try alive.queue.rescue() == (1, 2))
                let free = try connection.column(
                    "select id from notify.events where lease_id is not null and state = 'ready' order by id")
                #expect(free == lost.map { String($0.id) })
                #expect(try alive.state(of: held[0]) == "leased")
                // Their worker died at any point of its work.
                #expect(try connection.value("select notify.cancel_event(\(lost[0].id))") == "maybe_sent")
                // Rescued events are news to the claimers.
                #expect(try alive.queue.discoverBuckets(since: snapshot, limit: 10).buckets.count == 1)
                #expect(try connection.column("select id from notify.workers") == ["\(alive.workerID)"])
            }
        }
    }

    @Test("Events whose worker has no row at all are rescued too")
    func vanishedWorker() async throws {
        try await withQueue { client, _ in
            _ = try client.claimTicket()
            try client.connection.execute("delete from notify.workers")
            #expect(try client.queue.rescue() == (0, 1))
        }
    }

    @Test("A heartbeat extends the lease, and puts back the row that a rescue removed")
    func heartbeat() async throws {
        try await withQueue { client, _ in
            for _ in 0..<2 {
                try client.die()
                try client.queue.heartbeat(workerID: client.workerID, name: "test", lease: .seconds(60))
                let left = try client.connection.value(
                    "select expires_at - clock_timestamp() between interval '30 s' and interval '60 s' from notify.workers where id = \(client.workerID)"
                )
                #expect(left == "true")
                try client.die()
                #expect(try client.queue.rescue().workers == 1)
            }
        }
    }

    @Test("A worker that is believed dead finds its lease lost at the re-check, and has it again after a heartbeat")
    func recheckOfExpiredLease() async throws {
        try await withQueue { client, _ in
            let event = try client.claimTicket()
            #expect(try client.queue.recheck([event])[event.leaseID]?.isLeaseHeld == true)
            try client.die()
            #expect(try client.queue.recheck([event])[event.leaseID]?.isLeaseHeld == false)
            try client.queue.heartbeat(workerID: client.workerID, name: "test", lease: .seconds(60))
            #expect(try client.queue.recheck([event])[event.leaseID]?.isLeaseHeld == true)
            try client.connection.execute("update notify.events set lease_id = nextval('notify.lease_ids')")
            #expect(try client.queue.recheck([event])[event.leaseID]?.isLeaseHeld == false)
        }
    }

    @Test("Events that a worker holds without knowing it are listed and freed, unless they were leased anew")
    func orphans() async throws {
        try await withQueue { client, _ in
            for _ in 0..<3 { try client.connection.execute(enqueueTicket()) }
            let events = try client.claim(3).map(\.event)
            let leased = try client.queue.leased(workerID: client.workerID)
            #expect(Set(leased.map(\.leaseID)) == Set(events.map(\.leaseID)))
            try client.connection.execute(
                "update notify.events set lease_id = nextval('notify.lease_ids') where id = \(events[0].id)")
            try client.queue.free(leased)
            #expect(try events.map { try client.state(of: $0) } == ["leased", "ready", "ready"])
        }
    }

    @Test("A worker that signs off leaves nothing behind")
    func signOff() async throws {
        try await withQueue { client, database in
            let event = try client.claimTicket()
            try database.withSession { connection in
                let other = try QueueClient(connection)
                try other.queue.signOff(workerID: other.workerID)
                #expect(try client.state(of: event) == "leased")
            }
            try client.queue.signOff(workerID: client.workerID)
            #expect(try client.state(of: event) == "ready")
            #expect(try client.connection.value("select count(*) from notify.workers") == "0")
        }
    }
}
