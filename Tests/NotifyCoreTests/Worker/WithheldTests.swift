import DevMailbox
import TestSupport
import Testing

@testable import NotifyCore

@Suite("Events that must not become mails any more")
struct WithheldTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var arguments = ""
        /// What happens between `enqueue` and the claim.
        var meanwhile = "select 1"
        var allowed: String?
        let outcome: String
    }

    static let cases = [
        Case(
            testDescription: "the switch was turned off",
            meanwhile: "select notify.set_email_preference('\(ada)', 'assigned_tickets', false)",
            outcome: "skipped: preference_off"),
        Case(
            testDescription: "another switch was turned off",
            meanwhile: "select notify.set_email_preference('\(ada)', 'assigned_reminders', false)", outcome: "sent"),
        Case(
            testDescription: "the recipient did it", arguments: "actor_id => '\(ada)'", outcome: "skipped: own_action"),
        Case(
            testDescription: "the recipient left the organisation", arguments: "organization_id => '\(acme)'",
            meanwhile: "select notify.remove_member('\(acme)', '\(ada)')", outcome: "skipped: not_a_member"),
        Case(
            testDescription: "the recipient left an organisation that the event has nothing to do with",
            meanwhile: "select notify.remove_member('\(acme)', '\(ada)')", outcome: "sent"),
        Case(
            testDescription: "the account was closed", meanwhile: "update notify.users set is_active = false",
            outcome: "skipped: account_inactive"),
        Case(
            testDescription: "the address is suppressed", meanwhile: "update notify.users set suppressed_at = now()",
            outcome: "skipped: suppressed"),
        Case(
            testDescription: "the user is gone", meanwhile: "delete from notify.users where id = '\(ada)'",
            outcome: "cancelled: recipient_gone"),
        Case(
            testDescription: "this installation may not write to the address", allowed: "*@staging.example.com",
            outcome: "skipped: not_allowed_here"),
        Case(testDescription: "this installation may write to the address", allowed: "*@EXAMPLE.com", outcome: "sent"),
        Case(
            testDescription: "it was cancelled", arguments: "dedupe_key => 'k'", meanwhile: "select notify.cancel('k')",
            outcome: "cancelled: by_producer"),
        Case(
            testDescription: "an operator cancelled it",
            meanwhile: "select notify.cancel_event((select id from notify.events))", outcome: "cancelled: by_operator"),
    ]

    @Test(
        "What changed while an event waited in the queue decides about its mail, not about the feed", arguments: cases)
    func withheld(example: Case) async throws {
        var options = TestWorker.Options()
        options.allowed = example.allowed
        try await withWorker(
            options,
            prepare: { database in
                try await database.execute("\(enqueueTicket(ada, example.arguments)); \(example.meanwhile)")
            }
        ) { worker in
            try await worker.waitUntilQueueIsEmpty()
            let outcomes = try await worker.database.column(
                "select concat_ws(': ', outcome, reason) from notify.deliveries")
            #expect(outcomes == [example.outcome])
            try await worker.stop()
            #expect(worker.mailbox.state.mailCount == (example.outcome == "sent" ? 1 : 0))
            #expect(try await worker.database.value("select count(*) from notify.notifications") == "1")
        }
    }

    @Test("A key that is used again brings one mail")
    func dedupe() async throws {
        try await withWorker { worker in
            let first = try await worker.enqueue(enqueueTicket(ada, "dedupe_key => 'k'"))
            let second = try await worker.enqueue(enqueueTicket(ada, "dedupe_key => 'k'"))
            #expect(first == second)
            #expect(try await worker.outcome(of: first) == "sent")
            #expect(try await worker.enqueue(enqueueTicket(ada, "dedupe_key => 'k'")) == first)
            let last = try await worker.enqueue(enqueueTicket(ada))
            #expect(try await worker.outcome(of: last) == "sent")
            #expect(worker.mailbox.state.mailCount == 2)
        }
    }
}
