import Foundation
import PostgresClient
import TestSupport
import Testing

@testable import NotifyCore

@Suite("Events whose time has come")
struct PromotionTests {
    @Test("Scheduled events and retries become ready when due, held ones when they expire, and no other")
    func due() async throws {
        try await withQueue { client, _ in
            for delay in ["-1 s", "1 h"] {
                for state in ["waiting", "held"] {
                    try client.connection.execute(enqueueTicket(ada, "dedupe_key => '\(state) \(delay)'"))
                    try client.connection.execute(
                        """
                        update notify.events set state = '\(state)', due_at = now() + interval '\(delay)'
                         where id = (select max(id) from notify.events)
                        """)
                }
            }
            let snapshot = try client.queue.sweepBuckets(from: noOrganization, limit: 10).snapshot
            let promotion = try client.queue.promote(from: 0, limit: 10)
            #expect(promotion.count == 2)
            let next = try #require(promotion.nextDue)
            #expect(next > .seconds(3_500) && next <= .seconds(3_600))
            let ready = try client.connection.column(
                "select k.key from notify.events e join notify.dedupe_keys k on k.event_id = e.id where state = 'ready' order by e.id"
            )
            #expect(ready == ["waiting -1 s", "held -1 s"])
            #expect(try client.queue.discoverBuckets(since: snapshot, limit: 10).buckets.count == 1)
            let nothing = try client.queue.promote(from: 0, limit: 10)
            #expect(nothing.count == 0)
            #expect(nothing.latestDue == nil)
        }
    }

    @Test("More than the limit are promoted one slice after the other, the longest due first")
    func slices() async throws {
        try await withQueue { client, _ in
            try client.connection.execute(insertTickets(25))
            try client.connection.execute(
                "update notify.events set state = 'waiting', due_at = now() - id * interval '1 s'")
            var floor: Int64 = 0
            for expected in [10, 10, 5, 0] {
                let promotion = try client.queue.promote(from: floor, limit: 10)
                #expect(promotion.count == expected)
                floor = max(floor, promotion.latestDue ?? 0)
            }
            #expect(try client.connection.value("select count(*) from notify.events where state = 'ready'") == "25")
        }
    }
}
