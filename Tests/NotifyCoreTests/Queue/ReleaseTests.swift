import Foundation
import PostgresClient
import SMTPSender
import TestSupport
import Testing

@testable import NotifyCore

@Suite("Giving events back")
struct ReleaseTests {
    /// A row of the queue after a release: state, when it is due again, attempts, tried, and whether it is still leased.
    private static let row = """
        select concat_ws(' ', state, case when due_at = expires_at then 'expiry' when due_at = enqueued_at then 'now'
                                          when due_at >= enqueued_at + interval '60 s' then 'later' end,
                         attempts, tried, lease_id is null)
          from notify.events
        """

    @Test(
        "An event goes back with a delay, at once, or until somebody decides",
        arguments: [
            (Settlement.Change.release(after: .seconds(60), isCharged: true), "waiting later 1 t t"),
            (.release(after: .seconds(60), isCharged: false), "waiting later 0 t t"),
            (.release(after: .zero, isCharged: true), "ready now 1 f t"),
            (.release(after: .zero, isCharged: false), "ready now 0 f t"),
            (.hold, "held expiry 1 t t"),
        ])
    func changes(change: Settlement.Change, expected: String) async throws {
        try await withQueue { client, _ in
            let event = try client.claimTicket("expires_at => now() + interval '1 h'")
            #expect(try client.queue.settle([Settlement(event, change)]).ours == [event.leaseID])
            #expect(try client.connection.value(Self.row) == expected)
            // No relay said anything, so there is nothing to keep.
            #expect(try client.connection.value("select count(*) from notify.attempts") == "0")
        }
    }

    @Test(
        "One that was cancelled while a relay had it comes back at once, to end so, with its attempt on record",
        arguments: [Settlement.Change.release(after: .seconds(60), isCharged: true), .hold])
    func cancelledMeanwhile(change: Settlement.Change) async throws {
        try await withQueue { client, _ in
            let event = try client.claimTicket("expires_at => now() + interval '1 h'")
            #expect(try client.connection.value("select notify.cancel_event(\(event.id))") == "marked")
            let attempt = AttemptRecord(.unknown, scrubbing: RecipientScrubber([]))
            let settlement = Settlement(event, change, attempt: attempt, relay: "mx:25")
            #expect(try client.queue.settle([settlement]).ours == [event.leaseID])
            #expect(try client.connection.value(Self.row) == "ready now 1 t t")
            #expect(try client.claim(1).map(\.event.cancelReason) == [.byOperator])
            #expect(try client.connection.value("select count(*) from notify.attempts") == "1")
        }
    }

    @Test("An attempt that a relay answered gets a row, with the time of the next")
    func attemptRow() async throws {
        try await withQueue { client, _ in
            let event = try client.claimTicket()
            let reply = SMTPReply(code: 451, enhancedCode: EnhancedStatusCode(4, 7, 1), text: "Greylisted")
            let attempt = AttemptRecord(.refused(reply, .rcpt), scrubbing: RecipientScrubber(["ada@example.com"]))
            let settlement = Settlement(
                event, .release(after: .seconds(60), isCharged: true), attempt: attempt, relay: "mx:25")
            #expect(try client.queue.settle([settlement]).ours == [event.leaseID])
            let row = try client.connection.value(
                """
                select concat_ws(' ', a.event_id = e.id, attempt, relay, result, phase, smtp_code, enhanced_code, charged,
                                 next_at = due_at, a.lease_id = \(event.leaseID))
                  from notify.attempts a, notify.events e
                """)
            #expect(row == "t 1 mx:25 deferred rcpt 451 4.7.1 t t t")
        }
    }

    @Test("An attempt that is not charged has the number that it would have, and no next try lies before its end")
    func unchargedAttempt() async throws {
        try await withQueue { client, _ in
            let event = try client.claimTicket()
            let attempt = AttemptRecord(.interrupted(.data), scrubbing: RecipientScrubber([]))
            for isCharged in [false, true] {
                let lease = isCharged ? try client.claim(1)[0].event : event
                let change = Settlement.Change.release(after: .zero, isCharged: isCharged)
                _ = try client.queue.settle([Settlement(lease, change, attempt: attempt, relay: "mx:25")])
            }
            let rows = try client.connection.column(
                "select concat_ws(' ', attempt, charged, next_at = finished_at) from notify.attempts order by finished_at"
            )
            #expect(rows == ["1 f t", "1 t t"])
        }
    }

    @Test(
        "An event whose attempt ended unknown remembers that it may have been sent, whatever comes after",
        arguments: [Settlement.Change.release(after: .zero, isCharged: true), .hold])
    func unknown(change: Settlement.Change) async throws {
        try await withQueue { client, _ in
            let event = try client.claimTicket("dedupe_key => 'k', expires_at => now() + interval '1 h'")
            let attempt = AttemptRecord(.unknown, scrubbing: RecipientScrubber([]))
            _ = try client.queue.settle([Settlement(event, change, attempt: attempt, relay: "mx:25")])
            #expect(try EventHistory.read(event.id, from: client.connection)?.open?.maybeSent == true)
            try client.connection.execute("select notify.retry_event(\(event.id))")
            let again = try client.claim(1)[0].event
            let busy = AttemptRecord(
                .refused(SMTPReply(code: 450, enhancedCode: nil, text: "Busy"), .rcpt), scrubbing: RecipientScrubber([])
            )
            let later = Settlement.Change.release(after: .seconds(60), isCharged: true)
            _ = try client.queue.settle([Settlement(again, later, attempt: busy, relay: "mx:25")])
            #expect(try client.connection.value("select notify.cancel('k')") == "false")
            let history = try EventHistory.read(event.id, from: client.connection)
            #expect(history?.outcome?.outcome == "cancelled")
            #expect(history?.outcome?.maybeSent == true)
        }
    }

    @Test("What goes back at once stands behind what became ready meanwhile, and is discovered")
    func tail() async throws {
        try await withQueue { client, _ in
            let event = try client.claimTicket()
            let snapshot = try client.queue.sweepBuckets(from: noOrganization, limit: 10).snapshot
            try client.connection.execute(enqueueTicket())
            _ = try client.queue.settle([.untouched(event)])
            let found = try client.queue.discoverBuckets(since: snapshot, limit: 10).buckets
            #expect(found.map(\.bucket) == [noOrganization])
            let order = try client.claim(2).map(\.event.id)
            #expect(order.count == 2)
            #expect(order.last == event.id)
        }
    }
}
