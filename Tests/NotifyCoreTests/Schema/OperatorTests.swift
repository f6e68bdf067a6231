import NotifyCore
import PostgresClient
import TestSupport
import Testing

@Suite("The operator's functions")
struct OperatorTests {
    @Test("A retry makes a new event with a day to live, and the old outcome stays")
    func retry() async throws {
        try await withTestDatabase(.directory) { database in
            let old = try await Self.deadEvent(in: database)
            let new = try await database.value("select notify.retry_event(\(old))")
            let row = try await database.value(
                """
                select jsonb_build_array(e.retry_of, e.state, e.attempts, e.expires_at - e.enqueued_at,
                    e.organization_id,
                    e.message_id <> d.message_id, p.payload = '\(ticket)', d.outcome,
                    (select count(*) from notify.dead_events))
                from notify.events e
                join notify.event_payloads p on p.event_id = e.id
                join notify.deliveries d on d.event_id = e.retry_of
                where e.id = \(new ?? "0")
                """
            )
            #expect(row == #"[\#(old), "ready", 0, "1 day", "\#(acme)", true, true, "failed", 0]"#)
            #expect(try await database.value("select notify.retry_event(\(old))") == nil)
        }
    }

    @Test("A retry, and a retry of that, can be cancelled under the producer's key, and takes the feed row along")
    func cancelRetry() async throws {
        try await withTestDatabase(.directory) { database in
            let first = try await Self.deadEvent(in: database, "dedupe_key => 'k'")
            try await database.execute("update notify.dedupe_keys set expires_at = now() + interval '1 min'")
            let second = try await database.value("select notify.retry_event(\(first))") ?? ""
            try await Self.die(in: database)
            let third = try await database.value("select notify.retry_event(\(second))") ?? ""
            #expect(try await database.value("select retry_of from notify.events where id = \(third)") == first)
            #expect(
                try await database.value(
                    "select event_id || ' ' || (expires_at > now() + interval '23 h') from notify.dedupe_keys")
                    == "\(third) true")
            #expect(try await database.value(enqueueTicket(ada, "dedupe_key => 'k'")) == third)
            #expect(try await database.feed(of: third)?.retractedAt == nil)
            #expect(try await database.value("select notify.cancel('k')") == "true")
            for id in [first, second, third] { #expect(try await database.feed(of: id)?.retractedAt != nil) }
            #expect(try await database.value("select count(*) from notify.dedupe_keys") == "0")
        }
    }

    @Test("A retry that is cancelled while it is being sent takes the feed row along once the worker honours it")
    func honouredCancelOfRetry() async throws {
        try await withTestDatabase(.directory) { database in
            let first = try await Self.deadEvent(in: database)
            let second = try await database.value("select notify.retry_event(\(first))") ?? ""
            let released = try await database.column("select notify.release_cancelled('{\(second)}')")
            #expect(released == [second])
            #expect(try await database.feed(of: second)?.retractedAt != nil)
        }
    }

    @Test("An account mail, kept without its address, cannot be retried and stays")
    func retryAccountMail() async throws {
        try await withTestDatabase(.directory) { database in
            let old = try await Self.deadEvent(in: database)
            try await database.execute("update notify.dead_events set kind = 'account_password_reset'")
            #expect(
                try await database.refusal("select notify.retry_event(\(old))")?.codes == Refusal("NW004", "event_id"))
            #expect(try await database.value("select count(*) from notify.dead_events") == "1")
        }
    }

    @Test("A held event is due at once as itself, with its attempts, expiry and Message-ID, and wakes the workers")
    func retryHeld() async throws {
        try await withTestDatabase(.directory) { database in
            let id = try await database.value(enqueueTicket(ada, "dedupe_key => 'k'")) ?? ""
            try await database.execute(
                "update notify.events set state = 'held', attempts = 2, tried = true, due_at = expires_at")
            let kept = "select (id, attempts, expires_at, message_id, enqueued_at)::text from notify.events"
            let before = try await database.value(kept)
            try await database.execute("select setval('notify.wake_clock', 1)")
            #expect(try await database.value("select notify.retry_event(\(id))") == id)
            #expect(try await database.value(kept) == before)
            let now = "select state || (due_at <= clock_timestamp()) from notify.events"
            #expect(try await database.value(now) == "readytrue")
            #expect(try await database.value("select last_value > 1 from notify.wake_clock") == "true")
            #expect(try await database.value("select notify.retry_event(\(id))") == nil)
        }
    }

    @Test("An event that is not held is no retry's business", arguments: ["waiting", "ready", "leased"])
    func retryOpen(state: String) async throws {
        try await withTestDatabase(.directory) { database in
            let id = try await database.value(enqueueTicket()) ?? ""
            try await database.execute(
                """
                insert into notify.workers (id, name, expires_at) values (1, 'w', now() + interval '1 min');
                update notify.events set state = '\(state)', lease_id = 1,
                    worker_id = case when '\(state)' = 'leased' then 1 end
                """)
            #expect(try await database.value("select notify.retry_event(\(id))") == nil)
            #expect(try await database.value("select state from notify.events") == state)
        }
    }

    @Test("The retry of an event that may have reached its reader promises no more than the event did")
    func retryMaybeSent() async throws {
        try await withTestDatabase(.directory) { database in
            let old = try await Self.deadEvent(in: database)
            try await database.execute("update notify.deliveries set maybe_sent = true")
            let new = try await database.value("select notify.retry_event(\(old))") ?? "0"
            #expect(try await database.value("select notify.cancel_event(\(new))") == "maybe_sent")
        }
    }

    @Test("Discarding throws the payload away, once")
    func discard() async throws {
        try await withTestDatabase(.directory) { database in
            let old = try await Self.deadEvent(in: database)
            #expect(try await database.value("select notify.discard_event(\(old))") == "true")
            #expect(try await database.value("select notify.discard_event(\(old))") == "false")
            #expect(try await database.value("select count(*) from notify.deliveries") == "1")
        }
    }

    @Test("Cancelling by id names the operator, and reaches account mails too")
    func cancel() async throws {
        try await withTestDatabase(.directory) { database in
            let ids =
                try await database.column(
                    """
                    select notify.enqueue('assigned_ticket', '\(ada)', '\(ticket)') union all
                    select notify.enqueue_account(
                        'account_invitation', 'x@example.com', null, 'en', 'UTC', '{}', now() + interval '1 h')
                    """
                )
                .compactMap { $0 }
            for id in ids {
                #expect(try await database.value("select notify.cancel_event(\(id))") == "cancelled")
                #expect(try await database.value("select notify.cancel_event(\(id))") == "ended")
            }
            #expect(try await database.value("select notify.cancel_event(0)") == "unknown")
            #expect(
                try await database.column("select reason from notify.deliveries") == ["by_operator", "by_operator"])
            #expect(try await database.value("select count(*) from notify.event_payloads") == "0")
        }
    }

    /// An event that failed, as the settle leaves it.
    private static func deadEvent(in database: TestDatabase, _ arguments: String = "") async throws -> String {
        let all = ["organization_id => '\(acme)'", arguments].filter { !$0.isEmpty }.joined(separator: ", ")
        let id = try await database.value(enqueueTicket(ada, all)) ?? ""
        try await die(in: database)
        return id
    }

    /// Ends whatever is open as failed.
    private static func die(in database: TestDatabase) async throws {
        try await database.execute(
            """
            with gone as (delete from notify.events returning *),
            payload as (delete from notify.event_payloads returning *),
            outcome as (
                insert into notify.deliveries (event_id, kind, user_id, organization_id, outcome, reason, attempts,
                    message_id, enqueued_at, retry_of)
                select id, kind, user_id, organization_id, 'failed', 'template_error', 3, message_id, enqueued_at,
                    retry_of
                from gone
            )
            insert into notify.dead_events (event_id, kind, bucket, user_id, organization_id, payload, outcome, reason,
                attempts, message_id, enqueued_at, expires_at, retry_of)
            select id, kind, bucket, user_id, organization_id, payload, 'failed', 'template_error', 3, message_id,
                enqueued_at, expires_at, retry_of
            from gone join payload on event_id = id
            """
        )
    }
}

extension TestDatabase {
    /// What `explain` shows of the feed, to an operator.
    fileprivate func feed(of event: String) async throws -> EventHistory.Feed? {
        try await makeLogin("test_operator", in: "notify_operator")
        return try await withConnection(user: "test_operator") { connection in
            try EventHistory.read(Int64(event) ?? 0, from: connection)?.feed
        }
    }
}
