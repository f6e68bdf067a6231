import DevMailbox
import PostgresClient
import TestSupport
import Testing

@testable import NotifyCore

@Suite("Events that cannot be sent")
struct PoisonTests {
    struct Poison: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var kind = "assigned_ticket"
        var user = ada
        var payload: String? = ticket
        /// Beside the event.
        var statement = "select 1"
        let outcome: String
        /// A part of the detail.
        let detail: String
    }

    static let poisons = [
        Poison(
            testDescription: "a number as value",
            payload: #"{"ticket_id": 7, "subject": "x", "url": "https://app.example.com"}"#,
            outcome: "failed: bad_payload", detail: "ticket_id"),
        Poison(testDescription: "an array", payload: "[1, 2]", outcome: "failed: bad_payload", detail: "object"),
        Poison(testDescription: "no payload", payload: nil, outcome: "failed: bad_payload", detail: "object"),
        Poison(
            testDescription: "a missing key", payload: #"{"ticket_id": "7"}"#, outcome: "failed: bad_payload",
            detail: "subject"),
        Poison(
            testDescription: "an unknown kind", kind: "assigned_spaceship", outcome: "failed: unknown_kind",
            detail: "kind"),
        Poison(
            testDescription: "an account mail that nobody may write", kind: "account_deleted",
            outcome: "failed: unknown_kind", detail: "kind"),
        Poison(
            testDescription: "line breaks in the address",
            statement:
                "update notify.users set email = E'ada@example.com\\r\\nBcc: eve@example.com' where id = '\(ada)'",
            outcome: "failed: address_invalid", detail: ""),
        Poison(
            testDescription: "an address that is none",
            statement: "update notify.users set email = 'not an address' where id = '\(ada)'",
            outcome: "failed: address_invalid", detail: ""),
        Poison(testDescription: "nobody", user: nobody, outcome: "cancelled: recipient_gone", detail: ""),
    ]

    private static func insert(_ poison: Poison) -> String {
        let payload = poison.payload.map {
            "insert into notify.event_payloads (event_id, payload) values (1000, '\($0)');"
        }
        return """
            insert into notify.events (id, kind, bucket, user_id, state, due_at, expires_at)
            values (1000, '\(poison.kind)', '\(noOrganization)', '\(poison.user)', 'ready', now(), now() + interval '1 day');
            \(payload ?? "") \(poison.statement);
            """
    }

    @Test("A bad event ends with its reason, and those before and behind it go out", arguments: poisons)
    func poison(poison: Poison) async throws {
        try await withWorker(prepare: { database in
            try await database.execute(
                "begin; \(enqueueTicket(bob)); \(Self.insert(poison)); \(enqueueTicket(cyd)); commit")
        }) { worker in
            try await worker.waitUntilQueueIsEmpty()
            let ended = try await worker.database.column(
                "select concat_ws(': ', outcome, reason) from notify.deliveries where event_id = 1000")
            #expect(ended == [poison.outcome])
            let detail =
                try await worker.database.value(
                    "select coalesce(detail, '') from notify.deliveries where event_id = 1000") ?? ""
            #expect(poison.detail.isEmpty || detail.contains(poison.detail), "\(detail)")
            #expect(!detail.contains("spaceship") && !detail.contains("eve@"), "\(detail)")
            let dead = try await worker.database.value("select count(*) from notify.dead_events where event_id = 1000")
            #expect(dead == (poison.outcome.hasPrefix("failed") ? "1" : "0"))
            let mails = try await worker.mailbox.mails(count: 2)
            #expect(Set(mails.flatMap(\.recipients)) == ["bob@example.com", "cyd@example.com"])
            #expect(mails.allSatisfy { !String(decoding: $0.content, as: UTF8.self).contains("eve@") })
        }
    }

    @Test("Mails over the size that a relay announced fail at once, and say nothing against the relay")
    func tooLarge() async throws {
        let large = """
            select notify.enqueue('conversation_note', id, jsonb_build_object(
                'conversation_id', '7', 'note_id', n::text, 'subject', 'Large', 'author', 'Cyd',
                'note', repeat('all of it ', 6000), 'url', 'https://app.example.com/7'))
              from notify.users, generate_series(1, 10) as n where id in ('\(ada)', '\(bob)')
            """
        try await withWorker(
            extensions: ["PIPELINING", "SIZE 40000", "ENHANCEDSTATUSCODES"],
            prepare: { try await $0.execute("\(large); \(enqueueTicket(cyd))") }
        ) { worker in
            try await worker.waitUntilQueueIsEmpty()
            let outcomes = try await worker.database.column(
                """
                select concat_ws(' ', outcome, reason, attempts, smtp_code, regexp_replace(detail, '\\d{5,} bytes', '… bytes'))
                  from notify.deliveries order by 1
                """)
            let failed = "failed message_refused 0 the mail has … bytes and the relay takes 40000"
            #expect(Set(outcomes) == [failed, "sent 1 250"])
            #expect(outcomes.count == 21)
            #expect(worker.relayFault == nil)
        }
    }

    @Test("A time at the end of all times harms nothing")
    func infinity() async throws {
        try await withWorker(prepare: { database in
            try await database.execute(
                "\(enqueueTicket()); update notify.events set expires_at = 'infinity', enqueued_at = '-infinity'")
        }) { worker in
            try await worker.waitUntilQueueIsEmpty()
            #expect(try await worker.database.column("select outcome from notify.deliveries") == ["sent"])
        }
    }

    @Test("A settlement that the database refuses does not keep its batch mates from being written")
    func refusedSettlement() async throws {
        try await withWorker(prepare: { database in
            try await database.execute(
                """
                begin; \(enqueueTicket(bob)); \(enqueueTicket(ada)); \(enqueueTicket(cyd)); commit;
                alter table notify.deliveries add constraint not_ada check (user_id <> '\(ada)');
                """)
        }) { worker in
            try await worker.database.withConnection { connection in
                try connection.wait(until: "select count(*) = 2 from notify.deliveries")
                try connection.execute("alter table notify.deliveries drop constraint not_ada")
                try connection.wait(until: "select count(*) = 3 from notify.deliveries")
            }
            try await worker.stop()
            #expect(worker.mailbox.state.mailCount == 3)
        }
    }
}
