import DevMailbox
import Foundation
import TestSupport
import Testing

@testable import NotifyCore

@Suite("From enqueue to the relay and back")
struct DeliveryTests {
    private func text(_ mail: CapturedMail?) -> String { String(decoding: mail?.content ?? [], as: UTF8.self) }

    @Test("An event becomes one mail and one outcome, and nothing of it stays in the queue")
    func sent() async throws {
        try await withWorker { worker in
            let id = try await worker.enqueue(enqueueTicket())
            #expect(try await worker.outcome(of: id) == "sent")
            let mails = try await worker.mailbox.mails(count: 1)
            #expect(mails.count == 1)
            #expect(mails.first?.recipients == ["ada@example.com"])
            #expect(mails.first?.sender == "notify@example.com")
            #expect(text(mails.first).contains("Printer on fire"))
            let row = try await worker.database.value(
                """
                select concat_ws(' ', attempts, smtp_code, kind, user_id = '\(ada)', lease_id is not null,
                                 enqueued_at <= finished_at) from notify.deliveries
                """)
            #expect(row == "1 250 assigned_ticket t t t")
            #expect(try await worker.database.value("select count(*) from notify.events") == "0")
            #expect(try await worker.database.value("select count(*) from notify.event_payloads") == "0")
            #expect(try await worker.database.value("select count(*) from notify.notifications") == "1")
            #expect(worker.mailbox.state.violations.isEmpty)
        }
    }

    @Test("The Message-ID in the outcome is the one in the mail, and stays the same over attempts")
    func stableMessageID() async throws {
        // The first copy is captured, and the session dies before its reply: the relay may have accepted it.
        try await withWorker(faults: [FaultRule(.accepted, .first(1), .close)]) { worker in
            let id = try await worker.enqueue(enqueueTicket())
            #expect(try await worker.outcome(of: id) == "sent")
            let mails = try await worker.mailbox.mails(count: 2)
            let messageID = try await worker.database.value("select message_id from notify.deliveries") ?? "none"
            #expect(mails.count == 2)
            #expect(mails.allSatisfy { text($0).contains("Message-ID: <\(messageID)@example.com>") })
            let attempt = try await worker.database.value(
                "select concat_ws(' ', attempt, result, phase, charged) from notify.attempts")
            #expect(attempt == "1 unknown dot t")
        }
    }

    @Test("A kind whose unknown results are held waits for an operator, whose retry sends it with the same Message-ID")
    func heldUnknown() async throws {
        var options = TestWorker.Options()
        options.holdUnknown = ["assigned_ticket"]
        try await withWorker(faults: [FaultRule(.accepted, .first(1), .close)], options) { worker in
            let id = try await worker.enqueue(enqueueTicket())
            try await worker.settled.release(of: id)
            #expect(try await worker.database.value("select state from notify.queue_depth") == "held")
            #expect(try await worker.database.value("select notify.retry_event(\(id))") == "\(id)")
            #expect(try await worker.outcome(of: id) == "sent")
            let messageID =
                try await worker.database.value(
                    "select message_id from notify.deliveries where attempts = 2") ?? "none"
            let mails = try await worker.mailbox.mails(count: 2)
            #expect(mails.count == 2)
            #expect(mails.allSatisfy { text($0).contains("Message-ID: <\(messageID)@example.com>") })
        }
    }

    @Test("A recipient that the relay refuses fails at once, with the reply and without the address; the next goes on")
    func refusedRecipient() async throws {
        let rule = FaultRule(
            .rcpt, recipient: "ada@example.com", .always,
            .reply(550, "5.1.1", "<ada@example.com>: user ADA unknown"))
        try await withWorker(faults: [rule]) { worker in
            let refused = try await worker.enqueue(enqueueTicket(ada))
            let next = try await worker.enqueue(enqueueTicket(bob))
            #expect(try await worker.outcome(of: refused) == "failed: recipient_refused")
            #expect(try await worker.outcome(of: next) == "sent")
            let reply = try await worker.database.value(
                "select concat_ws(' ', smtp_code, enhanced_code, smtp_reply) from notify.deliveries where outcome = 'failed'"
            )
            #expect(reply?.hasPrefix("550 5.1.1 ") == true)
            #expect(reply?.lowercased().contains("ada") == false, "\(reply ?? "")")
            #expect(try await worker.database.value("select event_id from notify.dead_events") == "\(refused)")
        }
    }

    @Test("A deferred mail is tried again, charged, and its first attempt is kept")
    func deferred() async throws {
        let rule = FaultRule(.rcpt, .firstForEachRecipient(1), .reply(451, "4.7.1", "Greylisted"))
        try await withWorker(faults: [rule]) { worker in
            let id = try await worker.enqueue(enqueueTicket())
            #expect(try await worker.outcome(of: id) == "sent")
            #expect(try await worker.database.value("select attempts from notify.deliveries") == "2")
            let attempt = try await worker.database.value(
                "select concat_ws(' ', attempt, result, phase, smtp_code, enhanced_code, charged, next_at > finished_at) from notify.attempts"
            )
            #expect(attempt == "1 deferred rcpt 451 4.7.1 t t")
        }
    }

    @Test("A deferred mail whose next attempt would come too late ends as retries_exhausted")
    func retriesExhausted() async throws {
        var options = TestWorker.Options()
        options.schedule = "1h"
        try await withWorker(faults: [FaultRule(.rcpt, .always, .reply(450, "4.2.0", "Busy"))], options) { worker in
            let id = try await worker.enqueue(enqueueTicket(ada, "expires_at => now() + interval '10 minutes'"))
            #expect(try await worker.outcome(of: id) == "failed: retries_exhausted")
            let row = try await worker.database.value(
                "select concat_ws(' ', attempts, smtp_code) from notify.deliveries")
            #expect(row == "1 450")
        }
    }

    @Test("An event that expired before anybody could send it ends as never_tried, and its payload stays aside")
    func neverTried() async throws {
        try await withWorker { worker in
            let id = try await worker.enqueue(
                enqueueTicket(ada, "send_at => now() - interval '2 hours', expires_at => now() - interval '1 hour'"))
            #expect(try await worker.outcome(of: id) == "expired: never_tried")
            #expect(
                try await worker.database.value("select payload ->> 'subject' from notify.dead_events")
                    == "Printer on fire")
        }
    }

    @Test("A scheduled event is sent when its time comes, not before")
    func scheduled() async throws {
        try await withWorker { worker in
            let id = try await worker.enqueue(enqueueTicket(ada, "send_at => now() + interval '1500 milliseconds'"))
            #expect(try await worker.outcome(of: id) == "sent")
            let early = try await worker.database.value(
                "select d.finished_at < n.visible_at from notify.deliveries d join notify.notifications n using (event_id)"
            )
            #expect(early == "false")
        }
    }

    @Test("An account mail goes to its own address, whatever the switches, ahead of notifications")
    func accountMail() async throws {
        let folder = try TemporaryTemplates(addingAccountKind: "account_test")
        defer { folder.remove() }
        var options = TestWorker.Options()
        options.templates = folder.path
        try await withWorker(
            options,
            prepare: { database in
                try await database.execute(
                    """
                    select notify.enqueue_many((select jsonb_agg(jsonb_build_object(
                        'kind', 'assigned_ticket', 'user_id', '\(ada)', 'organization_id', '\(acme)',
                        'payload', '\(ticket)'::jsonb)) from generate_series(1, 300)));
                    select notify.enqueue_account('account_test', 'new.address@example.net', '\(ada)', 'en', 'UTC',
                        '{"token_id": "42", "url": "https://notify.example.com"}', now() + interval '1 hour');
                    """)
            }
        ) { worker in
            let mails = try await worker.mailbox.mails(count: 301, within: .seconds(30))
            let place = mails.firstIndex { $0.recipients == ["new.address@example.net"] }
            #expect(place.map { $0 < 64 } == true, "place \(String(describing: place)) of 301")
            try await worker.settled.count(301)
            let outcome = try await worker.database.value(
                "select outcome from notify.deliveries where kind = 'account_test'")
            #expect(outcome == "sent")
        }
    }
}
