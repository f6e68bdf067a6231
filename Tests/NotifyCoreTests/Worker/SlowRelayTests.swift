import DevMailbox
import PostgresClient
import TestSupport
import Testing

@testable import NotifyCore

@Suite("Mails that wait behind a slow relay")
struct SlowRelayTests {
    struct Change: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var expiry = "1 h"
        let statement: String
        let outcome: String
        var recipient: String?
    }

    static let changes = [
        Change(
            testDescription: "the switch is turned off",
            statement: "select notify.set_email_preference('\(ada)', 'assigned_tickets', false)",
            outcome: "skipped: preference_off"),
        Change(
            testDescription: "the user is deleted", statement: "delete from notify.users where id = '\(ada)'",
            outcome: "cancelled: recipient_gone"),
        Change(
            testDescription: "the recipient leaves the organisation",
            statement: "select notify.remove_member('\(acme)', '\(ada)')", outcome: "skipped: not_a_member"),
        Change(
            testDescription: "the account is closed",
            statement: "update notify.users set is_active = false where id = '\(ada)'",
            outcome: "skipped: account_inactive"),
        Change(
            testDescription: "the address is suppressed",
            statement: "update notify.users set suppressed_at = now() where id = '\(ada)'",
            outcome: "skipped: suppressed"),
        Change(
            testDescription: "it is cancelled", statement: "select notify.cancel('k')",
            outcome: "cancelled: by_producer"),
        Change(
            testDescription: "an operator cancels it",
            statement: "select notify.cancel_event((select max(id) from notify.events))",
            outcome: "cancelled: by_operator"),
        Change(
            testDescription: "an operator cancels it, then its producer",
            statement: "select notify.cancel_event((select max(id) from notify.events)); select notify.cancel('k')",
            outcome: "cancelled: by_operator"),
        Change(testDescription: "it expires", expiry: "4 s", statement: "select 1", outcome: "expired: never_tried"),
        Change(
            testDescription: "the address changes",
            statement: "select notify.upsert_user('\(ada)', 'ada.new@example.org', 'Ada')", outcome: "sent",
            recipient: "ada.new@example.org"),
        Change(
            testDescription: "nothing that matters changes",
            statement: "select notify.set_email_preference('\(ada)', 'assigned_reminders', false)", outcome: "sent",
            recipient: "ada@example.com"),
    ]

    @Test("What changes while a mail waits for its turn decides about it", arguments: changes)
    func changed(change: Change) async throws {
        let gate = Gate()
        defer { gate.release() }
        var options = TestWorker.Options()
        options.connections = 1
        try await withWorker(faults: [FaultRule(.dot, .first(1), .hold(gate))], options) { worker in
            let first = try await worker.enqueue(enqueueTicket(bob))
            try await worker.mailbox.applied("dot: hold")
            let waiting = try await worker.enqueue(
                enqueueTicket(
                    ada,
                    "organization_id => '\(acme)', dedupe_key => 'k', expires_at => now() + interval '\(change.expiry)'"
                ))
            try await worker.database.withConnection { connection in
                try connection.wait(until: "select state = 'leased' from notify.events where id = \(waiting)")
                try connection.execute(change.statement)
                // By then its check is too old to count, and one that was to expire has.
                try connection.wait(milliseconds: change.expiry == "4 s" ? 4_100 : 300)
            }
            gate.release()
            #expect(try await worker.outcome(of: first) == "sent")
            #expect(try await worker.outcome(of: waiting) == change.outcome)
            try await worker.stop()
            let recipients = worker.mailbox.state.mails.flatMap(\.recipients)
            #expect(recipients == ["bob@example.com"] + (change.recipient.map { [$0] } ?? []))
            #expect(worker.mailbox.state.violations.isEmpty)
        }
    }

    @Test(
        "What changes while the relay takes its time over a mail's commands decides about it too", arguments: changes,
        [FaultRule.Stage.mail, .data])
    func changedBeforeContent(change: Change, stage: FaultRule.Stage) async throws {
        let gate = Gate()
        defer { gate.release() }
        try await withWorker(faults: [FaultRule(stage, .first(1), .hold(gate))]) { worker in
            let event = try await worker.enqueue(
                enqueueTicket(
                    ada,
                    "organization_id => '\(acme)', dedupe_key => 'k', expires_at => now() + interval '\(change.expiry)'"
                ))
            try await worker.mailbox.applied("\(stage): hold")
            try await worker.database.withConnection { connection in
                try connection.execute(change.statement)
                // By then its check is too old for its content, and one that was to expire has.
                try connection.wait(milliseconds: change.expiry == "4 s" ? 4_100 : 300)
            }
            gate.release()
            #expect(try await worker.outcome(of: event) == change.outcome)
            try await worker.stop()
            #expect(worker.mailbox.state.mails.flatMap(\.recipients) == (change.recipient.map { [$0] } ?? []))
            #expect(worker.mailbox.state.violations.isEmpty)
            if change.recipient == "ada@example.com" { #expect(worker.mailbox.state.sessionCount == 1) }
        }
    }

    @Test("A mail composed anew for a changed address keeps its place")
    func keepsItsPlace() async throws {
        let gate = Gate()
        defer { gate.release() }
        var options = TestWorker.Options()
        options.connections = 1
        // Long enough that on a busy machine too the second check still counts at the mail's turn.
        options.freshness = .milliseconds(500)
        try await withWorker(faults: [FaultRule(.dot, .first(1), .hold(gate))], options) { worker in
            try await worker.enqueue(enqueueTicket(bob))
            try await worker.mailbox.applied("dot: hold")
            try await worker.enqueue(enqueueTicket(ada))
            for _ in 0..<3 { try await worker.enqueue(enqueueTicket(bob)) }
            try await worker.database.withConnection { connection in
                try connection.wait(until: "select count(*) = 5 from notify.events where state = 'leased'")
                try connection.execute("select notify.upsert_user('\(ada)', 'ada.new@example.org', 'Ada')")
                try connection.wait(milliseconds: 700)
            }
            gate.release()
            try await worker.waitUntilQueueIsEmpty()
            try await worker.stop()
            let recipients = worker.mailbox.state.mails.flatMap(\.recipients)
            let bobs = Array(repeating: "bob@example.com", count: 3)
            #expect(recipients == ["bob@example.com", "ada.new@example.org"] + bobs)
        }
    }

    @Test("Mails that end by their second check do not delay the next one")
    func nextOneGoesOn() async throws {
        let gate = Gate()
        defer { gate.release() }
        var options = TestWorker.Options()
        options.connections = 1
        try await withWorker(faults: [FaultRule(.dot, .first(1), .hold(gate))], options) { worker in
            try await worker.enqueue(enqueueTicket(bob))
            try await worker.mailbox.applied("dot: hold")
            for _ in 0..<5 { try await worker.enqueue(enqueueTicket(ada)) }
            let next = try await worker.enqueue(enqueueTicket(bob))
            try await worker.database.withConnection { connection in
                try connection.wait(until: "select count(*) = 7 from notify.events where state = 'leased'")
                try connection.execute("select notify.set_email_preference('\(ada)', 'assigned_tickets', false)")
                try connection.wait(milliseconds: 300)
            }
            gate.release()
            // Before, the lane slept until its connection had been idle for 30 s.
            #expect(try await worker.settled.outcome(of: next, within: .seconds(15)) == .sent)
            let skipped = "select count(*) from notify.deliveries where reason = 'preference_off'"
            #expect(try await worker.database.value(skipped) == "5")
        }
    }

    @Test("A mail whose lease another worker has taken is left to it, and goes out once")
    func leaseTaken() async throws {
        let gate = Gate()
        defer { gate.release() }
        var options = TestWorker.Options()
        options.connections = 1
        try await withWorker(faults: [FaultRule(.dot, .first(1), .hold(gate))], options) { worker in
            try await worker.enqueue(enqueueTicket(bob))
            try await worker.mailbox.applied("dot: hold")
            let waiting = try await worker.enqueue(enqueueTicket())
            try await worker.database.withConnection { connection in
                try connection.wait(until: "select state = 'leased' from notify.events where id = \(waiting)")
                // Taken and given back by another worker, as a rescue and a claim would.
                try connection.execute(
                    "update notify.events set state = 'ready', worker_id = null where id = \(waiting)")
                let other = try QueueClient(connection)
                let taken = try other.claim(1).map(\.event)
                #expect(taken.map(\.id) == [waiting])
                // A check younger than 100 ms still counts.
                try connection.wait(milliseconds: 300)
                gate.release()
                try connection.wait(until: "select count(*) = 1 from notify.deliveries")
                _ = try other.queue.settle(taken.map(Settlement.untouched))
            }
            #expect(try await worker.outcome(of: waiting) == "sent")
            try await worker.stop()
            #expect(worker.mailbox.state.mails.flatMap(\.recipients) == ["bob@example.com", "ada@example.com"])
        }
    }

    @Test("A mail that waits while its own worker's lease runs out is sent all the same, once")
    func ownLeaseRanOut() async throws {
        let gate = Gate()
        defer { gate.release() }
        var options = TestWorker.Options()
        options.connections = 1
        // Long: the next heartbeat is so far away that only this test writes the worker's row.
        options.lease = .seconds(240)
        try await withWorker(faults: [FaultRule(.dot, .first(1), .hold(gate))], options) { worker in
            try await worker.enqueue(enqueueTicket(bob))
            try await worker.mailbox.applied("dot: hold")
            let waiting = try await worker.enqueue(enqueueTicket())
            try await worker.database.withConnection { connection in
                try connection.wait(until: "select state = 'leased' from notify.events where id = \(waiting)")
                try connection.execute("update notify.workers set expires_at = now() - interval '1 second'")
                try connection.wait(milliseconds: 300)
                gate.release()
                try connection.wait(until: "select state <> 'leased' from notify.events where id = \(waiting)")
                try connection.execute("update notify.workers set expires_at = now() + interval '1 hour'")
            }
            #expect(try await worker.outcome(of: waiting) == "sent")
            try await worker.stop()
            #expect(worker.mailbox.state.mails.flatMap(\.recipients) == ["bob@example.com", "ada@example.com"])
        }
    }
}
