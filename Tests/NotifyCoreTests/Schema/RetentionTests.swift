import PostgresClient
import TestSupport
import Testing

@testable import NotifyCore

@Suite("What the API leaves behind goes")
struct RetentionTests {
    /// Feed rows for a user, a minute apart, the newest so long ago.
    private func feed(_ user: String, _ count: Int, from first: Int, newest: String) -> String {
        """
        insert into notify.notifications (event_id, user_id, kind, payload, visible_at)
        select n, '\(user)', 'assigned_ticket', '{}', now() - interval '\(newest)' - (n - \(first)) * interval '1 minute'
        from generate_series(\(first), \(first + count - 1)) n
        """
    }

    private let accessRows = """
        select notify.create_api_key('key', sha256('key'), 'nwk_', '{users}');
        select notify.create_session('\(ada)', sha256('old'), 1, '1 h'), notify.create_session('\(ada)', sha256('new'), 1, '1 h');
        update notify.sessions set expires_at = now() - interval '31 days' where id = 1;
        update notify.sessions set expires_at = now() - interval '29 days' where id = 2;
        select notify.enqueue_once(1, 'old', sha256('r'), '[]'), notify.enqueue_once(1, 'new', sha256('r'), '[]');
        update notify.idempotency_keys set created_at = now() - interval '26 hours' where key = 'old';
        update notify.idempotency_keys set created_at = now() - interval '24 hours 30 minutes' where key = 'new'
        """

    @Test(
        "Feed rows go after 90 days, sessions 30 days after their end, idempotency keys 25 hours after they came, in slices"
    )
    func purge() async throws {
        try await withTestDatabase(.directory) { database in
            try await database.execute(
                "\(feed(ada, 5, from: 1, newest: "90 days 1 minute")); \(feed(ada, 2, from: 10, newest: "89 days")); \(accessRows)"
            )
            let slices = try await database.withConnection { connection in
                try (1...4).map { _ in try connection.value("select notify.purge_api_rows(2)") }
            }
            #expect(slices == ["2", "2", "1", "0"])
            #expect(try await database.column("select event_id from notify.notifications order by 1") == ["10", "11"])
            #expect(try await database.column("select id from notify.sessions") == ["2"])
            #expect(try await database.column("select key from notify.idempotency_keys") == ["new"])
        }
    }

    @Test("A feed is cut to its newest 1,000 rows that show already, whatever is set for later, one user after another")
    func trim() async throws {
        try await withTestDatabase(.directory) { database in
            try await database.execute(
                "\(feed(ada, 1_003, from: 1, newest: "0 s")); \(feed(ada, 1, from: 5_000, newest: "-1 hour")); \(feed(bob, 3, from: 9_000, newest: "0 s"))"
            )
            let round = try await database.withConnection { connection in
                [
                    try connection.value("select notify.trim_feeds(null, 1)"),
                    try connection.value("select notify.trim_feeds('\(ada)', 1)"),
                    try connection.value("select notify.trim_feeds('\(bob)', 1)"),
                ]
            }
            #expect(round == [ada, bob, nil])
            let kept = try await database.column(
                "select concat_ws(' ', count(*), min(event_id), max(event_id)) from notify.notifications group by user_id order by user_id"
            )
            #expect(kept == ["1001 1 5000", "3 9000 9002"])
        }
    }

    @Test("Cancelled entries push none out that shows: they are cut to their own newest 1,000, set for later or not")
    func trimRetracted() async throws {
        try await withTestDatabase(.directory) { database in
            try await database.execute(
                """
                \(feed(ada, 600, from: 1, newest: "0 s")); \(feed(ada, 600, from: 1_001, newest: "-11 hours"));
                update notify.notifications set retracted_at = now();
                \(feed(ada, 1_002, from: 5_000, newest: "1 day"))
                """)
            #expect(try await database.value("select notify.trim_feeds()") == nil)
            let kept = try await database.column(
                """
                select concat_ws(' ', retracted_at is null, count(*), min(event_id), max(event_id))
                from notify.notifications group by retracted_at is null order by 1
                """)
            #expect(kept == ["f 1000 1 1600", "t 1000 5000 5999"])
        }
    }

    @Test("What was enqueued for a user while they were removed goes an hour later")
    func vanishedUser() async throws {
        try await withTestDatabase(.directory) { database in
            let gone = "\(feed(nobody, 2, from: 1, newest: "0 s")); \(feed(ada, 1, from: 10, newest: "0 s"))"
            try await database.execute(gone)
            try await database.execute(
                "update notify.notifications set created_at = now() - interval '61 min' where event_id = 1")
            #expect(try await database.value("select notify.trim_feeds()") == nil)
            #expect(try await database.column("select event_id from notify.notifications order by 1") == ["2", "10"])
        }
    }

    @Test("A row that somebody holds is left for the next round, and waited for by neither")
    func lockedRow() async throws {
        try await withTestDatabase(.directory) { database in
            try await database.execute(
                "\(feed(ada, 1_002, from: 1, newest: "0 s")); \(feed(bob, 1, from: 9_000, newest: "91 days"))")
            try await database.withConnection { connection in
                try connection.execute(
                    "begin; select from notify.notifications where event_id in (1, 1002, 9000) for update")
                try database.withSession { other in
                    try other.execute("set lock_timeout = '20s'")
                    #expect(try other.value("select notify.trim_feeds()") == nil)
                    #expect(try other.value("select notify.purge_api_rows()") == "0")
                    #expect(try other.value("select count(*) from notify.notifications") == "1002")
                }
                try connection.execute("commit")
            }
        }
    }

    @Test("Slices out of bounds are refused")
    func bounds() async throws {
        let calls = [
            BadCall("purge_api_rows(0)", "NW004", "slice"), BadCall("purge_api_rows(null)", "NW004", "slice"),
            BadCall("purge_api_rows(100001)", "NW004", "slice"), BadCall("trim_feeds(null, 0)", "NW004", "slice"),
            BadCall("trim_feeds(null, null)", "NW004", "slice"), BadCall("trim_feeds(null, 10001)", "NW004", "slice"),
        ]
        try await withTestDatabase(.directory) { database in
            for (call, refusal) in zip(calls, try await database.refusals(calls)) {
                #expect(refusal == call.expected, "\(call.call)")
            }
        }
    }

    @Test("A running worker does it, slice after slice, with the rights of its role")
    func keeper() async throws {
        try await withWorker(
            prepare: { database in
                try await database.execute(
                    "\(feed(ada, 2_500, from: 1, newest: "91 days")); \(feed(bob, 1_010, from: 9_000, newest: "0 s")); \(accessRows)"
                )
            }
        ) { worker in
            try await worker.database.withConnection {
                try $0.wait(
                    until: """
                        select (select count(*) from notify.notifications) = 1000
                            and (select count(*) from notify.sessions) = 1
                            and (select count(*) from notify.idempotency_keys) = 1
                        """)
            }
        }
    }
}
