import DevMailbox
import TestSupport
import Testing

@testable import NotifyCore

@Suite("A worker beside its mails")
struct HousekeepingTests {
    @Test("A chore that fails ends no other, and comes again with the next housekeeping, not at once")
    func choreThatFails() async throws {
        var options = TestWorker.Options()
        options.lease = .seconds(2)
        try await withWorker(
            options,
            prepare: { database in
                try await database.execute(
                    """
                    create sequence calls;
                    grant usage on sequence calls to notify_worker;
                    create or replace function notify.drop_partitions(retention_days integer default 30) returns integer
                        language plpgsql as $$ begin
                            perform nextval('public.calls');
                            raise exception sqlstate '42501';
                        end $$;
                    insert into notify.dedupe_keys (user_id, kind, key, event_id, expires_at)
                    values ('\(ada)', 'assigned_ticket', 'old', 1, now() - interval '1 s');
                    """)
            }
        ) { worker in
            try await worker.database.withConnection { connection in
                try connection.wait(until: "select not exists (select from notify.dedupe_keys)")
                // Heartbeats go on; each is a turn at which the chore would have been tried again.
                try connection.wait(
                    until: "select heartbeat_at > started_at + interval '1.4 s' from notify.workers")
                #expect(try connection.value("select last_value from calls") == "1")
            }
        }
    }

    @Test("The worker is not ready while its claims fail, whatever else succeeds, and is again once they do")
    func readiness() async throws {
        var options = TestWorker.Options()
        options.lease = .seconds(2)
        try await withWorker(options) { worker in
            try await worker.database.execute("revoke select on notify.memberships from notify_worker")
            try await worker.enqueue(enqueueTicket())
            try await worker.waitForDatabaseFault { $0 == "claim: error 42501 (syntax error or access rule violation)" }
            try await worker.database.withConnection { connection in
                let last = try connection.value("select heartbeat_at from notify.workers") ?? ""
                try connection.wait(until: "select heartbeat_at > '\(last)' from notify.workers")
            }
            #expect(worker.databaseFault?.hasPrefix("claim: ") == true)
            try await worker.database.execute("grant select on notify.memberships to notify_worker")
            try await worker.waitForDatabaseFault { $0 == nil }
            try await worker.waitUntilQueueIsEmpty()
        }
    }
}
