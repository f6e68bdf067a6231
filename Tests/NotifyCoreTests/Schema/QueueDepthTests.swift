import TestSupport
import Testing

@Suite("notify.queue_depth")
struct QueueDepthTests {
    @Test("Each open event counts under its state and kind, with the age since it was due")
    func states() async throws {
        try await withTestDatabase(.directory) { database in
            try await database.execute(
                """
                insert into notify.workers (name, expires_at) values ('w', now());
                insert into notify.events
                    (kind, bucket, state, due_at, expires_at, attempts, tried, lease_id, worker_id)
                select kind, '\(acme)', state, now() + due * interval '1 s', now(), attempts, tried,
                    case when state = 'leased' then 1 end, case when state = 'leased' then 1 end
                from (values
                    ('a', 'waiting', 100, 0, false), ('a', 'waiting', -7, 0, false), ('a', 'waiting', 100, 0, true),
                    ('a', 'waiting', 100, 1, true), ('a', 'ready', -100, 0, false), ('a', 'ready', -50, 0, false),
                    ('b', 'ready', -10, 0, false), ('b', 'leased', -20, 1, true), ('b', 'held', 50, 1, true)
                ) v (kind, state, due, attempts, tried);
                """
            )
            let depth = try await database.column(
                """
                select concat_ws(' ', state, kind, events, floor(oldest_age_seconds / 5) * 5)
                from notify.queue_depth order by 1
                """
            )
            #expect(
                depth == [
                    "held b 1 0", "leased b 1 20", "ready a 2 100", "ready b 1 10", "retrying a 2 0", "scheduled a 2 5",
                ]
            )
        }
    }

    @Test(
        "An impossible row is refused by the table itself",
        arguments: [
            "state = 'asleep'", "state = 'leased'", "worker_id = 1", "state = 'leased', worker_id = 1",
        ])
    func invariants(change: String) async throws {
        try await withTestDatabase(.directory) { database in
            _ = try await database.value(enqueueTicket())
            #expect(try await database.refusal("update notify.events set \(change)")?.state == "23514")
        }
    }
}
