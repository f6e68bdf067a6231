import PostgresClient
import TestSupport
import Testing

@Suite("notify.enqueue_many")
struct EnqueueManyTests {
    @Test("Ids come back in input order, an earlier event's where a key is taken")
    func order() async throws {
        try await withTestDatabase(.directory) { database in
            let events = ["a", nil, "b", "a", nil, "b"].map { event(key: $0) }
            let ids =
                try await database.column(
                    "select notify.enqueue_many('[\(events.joined(separator: ", "))]')"
                )
                .compactMap { $0.flatMap { Int($0) } }
            #expect(ids.count == 6)
            #expect(ids[3] == ids[0] && ids[5] == ids[2])
            #expect([ids[0], ids[1], ids[2], ids[4]] == Set(ids).sorted())
            #expect(
                try await database.column("select id from notify.events order by id")
                    == Set(ids).sorted().map(String.init))
        }
    }

    @Test("A thousand events of many users arrive as they were given")
    func thousand() async throws {
        try await withTestDatabase(.directory) { database in
            let mismatches = try await database.withConnection { connection in
                try connection.execute(
                    """
                    create temp table input as
                    select n, (array['\(ada)', '\(bob)', '\(cyd)'])[1 + n % 3] as user_id,
                        '\(ticket)'::jsonb || jsonb_build_object('subject', 'No ' || n, 'preview', repeat('x', n))
                            as payload
                    from generate_series(1, 1000) n;
                    create temp table output as
                    select o.id, o.n from rows from (notify.enqueue_many((
                        select jsonb_agg(
                            jsonb_build_object('kind', 'assigned_ticket', 'user_id', user_id, 'payload', payload)
                            order by n
                        )
                        from input
                    ))) with ordinality o (id, n);
                    """
                )
                return try connection.value(
                    """
                    select count(*) from input i
                    full join output o on o.n = i.n
                    left join notify.events e on e.id = o.id and e.user_id = i.user_id::uuid
                    left join notify.event_payloads p on p.event_id = e.id and p.payload = i.payload
                    left join notify.notifications f on f.event_id = e.id and f.payload = i.payload
                    where p.event_id is null or f.event_id is null
                    """
                )
            }
            #expect(mismatches == "0")
            #expect(try await database.queuedRows() == "3000")
        }
    }

    @Test("Null members count as absent, and a traceparent of any kind is no error")
    func nulls() async throws {
        try await withTestDatabase(.directory) { database in
            let refusal = try await database.refusal(
                """
                select notify.enqueue_many('[{"kind": "assigned_ticket", "user_id": "\(ada)", "payload": \(ticket),
                    "organization_id": null, "dedupe_key": null, "send_at": null, "expires_at": null, "actor_id": null,
                    "traceparent": 7}]')
                """
            )
            #expect(refusal == nil)
            #expect(try await database.value("select count(*) from notify.events where traceparent is null") == "1")
        }
    }

    @Test("An empty array is no events")
    func empty() async throws {
        try await withTestDatabase(.directory) { database in
            let ids = try await database.column("select notify.enqueue_many('[]')")
            #expect(ids.isEmpty)
        }
    }

    @Test("What is not an array of up to 100,000 objects of arguments is refused")
    func malformed() async throws {
        let calls = [
            ("null", Refusal("NW002", "events")), ("'{}'", Refusal("NW004", "events")),
            ("'7'", Refusal("NW004", "events")),
            ("'[{}, 7]'", Refusal("NW004", "events", "events[1]: ")),
            ("'[[]]'", Refusal("NW004", "events", "events[0]: ")),
            ("(select jsonb_agg(7) from generate_series(1, 100001))", Refusal("NW008", "events")),
            (Self.one(#""user": "x""#), Refusal("NW003", "user", "events[0]: ")),
            (Self.one(#""kind": 7"#), Refusal("NW004", "kind", "events[0]: ")),
            (Self.one(#""user_id": {}"#), Refusal("NW004", "user_id", "events[0]: ")),
            (Self.one(#""user_id": "ada""#), Refusal("NW004", "user_id", "events[0]: ")),
            (Self.one(#""organization_id": "acme""#), Refusal("NW004", "organization_id", "events[0]: ")),
            (
                Self.one(#""actor_id": "10000000-0000-4000-8000-00000000000""#),
                Refusal("NW004", "actor_id", "events[0]: ")
            ),
            (Self.one(#""dedupe_key": 7"#), Refusal("NW004", "dedupe_key", "events[0]: ")),
            (Self.one(#""send_at": "tomorrow""#), Refusal("NW004", "send_at", "events[0]: ")),
            (Self.one(#""send_at": 1772355600"#), Refusal("NW004", "send_at", "events[0]: ")),
            (Self.one(#""expires_at": "2026-03-01""#), Refusal("NW004", "expires_at", "events[0]: ")),
            (Self.one(#""payload": "text""#), Refusal("NW004", "payload", "events[0]: ")),
            ("'[{}]'", Refusal("NW002", "payload", "events[0]: ")),
        ]
        try await withTestDatabase(.directory) { database in
            let refusals = try await database.withConnection { connection in
                try calls.map { try connection.refusal("select notify.enqueue_many(\($0.0))") }
            }
            for ((events, expected), refusal) in zip(calls, refusals) {
                #expect(refusal?.codes == expected.codes, "\(events)")
                #expect(refusal?.message.hasPrefix(expected.message) == true, "\(events)")
            }
        }
    }

    /// A good event with one member put in or put over another, as an SQL expression.
    private static func one(_ member: String) -> String {
        let good = #"{"kind": "assigned_ticket", "user_id": "\#(ada)", "payload": \#(ticket)}"#
        return "jsonb_build_array('\(good)' || '{\(member)}'::jsonb)"
    }

    private func event(key: String?) -> String {
        let key = key.map { "\"\($0)\"" } ?? "null"
        return #"{"kind": "assigned_ticket", "user_id": "\#(ada)", "payload": \#(ticket), "dedupe_key": \#(key)}"#
    }
}
