import Foundation
import NotifyCore
import PostgresClient
import TestSupport
import Testing

@Suite("Commands on a real database", .timeLimit(.minutes(3)))
struct QueueCommandsTests {
    @Test("Without migrations a command says so with 78; migrate applies them once and says what it applied")
    func migrate() async throws {
        try await withTestDatabase { database in
            let settings = ["NOTIFY_DATABASE_URL": database.url()]
            let before = try await Program.run(["queue", "status"], settings: settings)
            #expect(before.status == 78)
            #expect(before.standardError.contains("notify-worker migrate"))
            let dry = try await Program.run(["migrate", "--dry-run", "--json"], settings: settings)
            #expect((try dry.json() as? [Any])?.count == Migration.all.count)
            let first = try await Program.run(["migrate"], settings: settings)
            #expect(first.status == 0)
            #expect(first.standardOutput.hasPrefix("applied 1 schema_and_roles\n"))
            let second = try await Program.run(["migrate"], settings: settings)
            #expect(second.standardOutput == "The schema is up to date.\n")
        }
    }

    @Test("An event goes in, is seen, explained and cancelled, and is then explained as cancelled")
    func lifeOfAnEvent() async throws {
        try await withTestDatabase(.oneUser) { database in
            let settings = ["NOTIFY_DATABASE_URL": database.url()]
            let enqueue = [
                "enqueue", "--kind", "assigned_ticket", "--user", Person.jane, "--organization", Person.organization,
            ]
            let added = try await Program.run(enqueue + ["--payload", Person.ticket], settings: settings)
            #expect(added.status == 0)
            let id = try #require(Int(added.standardOutput.trimmingCharacters(in: .newlines)))
            let later = try await Program.run(
                enqueue + ["--payload", "-", "--send-at", "+10m"], settings: settings, input: Person.ticket)
            #expect(later.status == 0, "\(later.standardError)")

            let status = try await Program.run(["queue", "status", "--json"], settings: settings)
            let depth = try #require((try status.json() as? [String: Any])?["depth"] as? [[String: Any]])
            #expect(depth.map { $0["state"] as? String } == ["ready", "scheduled"])

            let story = try await Program.run(["explain", "\(id)"], settings: settings)
            #expect(story.standardOutput.hasPrefix("Event \(id) · assigned_ticket · ready\n"))
            #expect(story.standardOutput.contains("Acme"))

            let cancelled = try await Program.run(["queue", "cancel", "\(id)"], settings: settings)
            #expect(cancelled.status == 0)
            #expect(cancelled.standardOutput == "\(id) is cancelled\n")
            let again = try await Program.run(["queue", "cancel", "\(id)"], settings: settings)
            #expect(again.status == 1)
            #expect(again.standardOutput == "\(id) is not cancelled: it has ended\n")
            let end = try await Program.run(["explain", "\(id)", "--json"], settings: settings)
            let outcome = try #require((try end.json() as? [String: Any])?["outcome"] as? [String: Any])
            #expect(outcome["outcome"] as? String == "cancelled")
            #expect(outcome["reason"] as? String == "by_operator")
        }
    }

    @Test("Cancelling says of each event what can be promised, with 1 where one is not stopped for good")
    func cancel() async throws {
        try await withTestDatabase(.oneUser) { database in
            let settings = ["NOTIFY_DATABASE_URL": database.url()]
            try await database.execute(
                """
                insert into notify.events (id, kind, bucket, user_id, state, due_at, expires_at, maybe_sent, lease_id, worker_id)
                select n, 'assigned_ticket', '00000000-0000-0000-0000-000000000000', '\(Person.jane)',
                    case n when 701 then 'leased' else 'held' end, now(), now() + interval '1 h', n = 702,
                    case n when 701 then 1 end, case n when 701 then 1 end
                from generate_series(701, 703) n
                """)
            let stopped = try await Program.run(["queue", "cancel", "702"], settings: settings)
            #expect(
                stopped.standardOutput == "702 is cancelled; an earlier attempt may have reached its reader\n",
                "\(stopped.standardError)")
            #expect(stopped.status == 0)
            let rest = try await Program.run(
                ["queue", "cancel", "701", "702", "703", "704", "--json"], settings: settings)
            #expect(rest.status == 1)
            let results = try #require(try rest.json() as? [[String: Any]])
            #expect(results.map { $0["result"] as? String } == ["marked", "ended", "cancelled", "unknown"])
            #expect(results.map { $0["cancelled"] as? Bool } == [false, false, true, false])
            let again = try await Program.run(["queue", "cancel", "701", "704"], settings: settings)
            #expect(
                again.standardOutput == """
                    701 is being sent: marked; it is stopped if its turn has not come
                    704 is not cancelled: it is unknown

                    """)
        }
    }

    @Test("A refused event is one line with code and field, and nothing is queued")
    func refused() async throws {
        try await withTestDatabase(.oneUser) { database in
            let settings = ["NOTIFY_DATABASE_URL": database.url()]
            let cases = [
                (["--kind", "assigned_chat", "--user", Person.jane, "--payload", Person.ticket], "NW001", "kind"),
                (["--kind", "assigned_ticket", "--user", Person.jane, "--payload", "{}"], "NW002", "ticket_id"),
                (
                    ["--kind", "assigned_ticket", "--user", Person.organization, "--payload", Person.ticket], "NW005",
                    "user_id"
                ),
            ]
            for (arguments, code, field) in cases {
                let output = try await Program.run(["enqueue"] + arguments, settings: settings)
                #expect(output.status == 1)
                #expect(output.standardOutput.isEmpty)
                #expect(
                    output.standardError.hasPrefix("notify-worker: refused, \(code) (field \(field))"),
                    "\(output.standardError)")
            }
            let status = try await Program.run(["queue", "status"], settings: settings)
            #expect(status.standardOutput.hasPrefix("The queue is empty."))
        }
    }

    @Test("A file of events is queued whole, in order; one bad line stops all of it and is named")
    func many() async throws {
        try await withTestDatabase(.oneUser) { database in
            let settings = ["NOTIFY_DATABASE_URL": database.url()]
            let line = #"{"kind":"assigned_ticket","user_id":"\#(Person.jane)","payload":\#(Person.ticket)}"#
            let bad = line.replacing("assigned_ticket", with: "assigned_chat")
            // Over one batch, with the bad line in the second.
            let lines = Array(repeating: line, count: 5_500) + ["", bad]
            let refused = try await Program.run(
                ["enqueue", "--many", "-"], settings: settings, input: lines.joined(separator: "\n"))
            #expect(refused.status == 1)
            #expect(refused.standardError.contains("line 5502: refused, NW001"), "\(refused.standardError)")
            #expect(!refused.standardError.contains("events["))
            let empty = try await Program.run(["queue", "status"], settings: settings)
            #expect(empty.standardOutput.hasPrefix("The queue is empty."))
            let taken = try await Program.run(
                ["enqueue", "--many", "-"], settings: settings, input: lines.dropLast().joined(separator: "\r\n"))
            let ids = taken.standardOutput.split(separator: "\n").compactMap { Int($0) }
            #expect(ids.count == 5_500)
            #expect(ids == ids.sorted())
        }
    }

    @Test("Dead events are listed with their reason, and come back as new events")
    func dead() async throws {
        try await withTestDatabase(.oneUser) { database in
            let settings = ["NOTIFY_DATABASE_URL": database.url()]
            try await database.withConnection { connection in
                for (id, reason) in [(901, "template_error"), (902, "bad_payload"), (903, "bad_payload")] {
                    try connection.execute(
                        """
                        insert into notify.dead_events (event_id, kind, bucket, user_id, payload, outcome, reason, detail,
                            attempts, message_id, enqueued_at, expires_at)
                        values (\(id), 'assigned_ticket', '00000000-0000-0000-0000-000000000000', '\(Person.jane)',
                            '\(Person.ticket)', 'failed', '\(reason)', E'line\\nbreak', 0, gen_random_uuid(), now(), now())
                        """)
                }
            }
            let list = try await Program.run(["queue", "dead", "--reason", "bad_payload"], settings: settings)
            #expect(list.standardOutput.contains("902") && list.standardOutput.contains("903"))
            #expect(!list.standardOutput.contains("901"))
            #expect(list.standardOutput.contains(#"line\u{a}break"#), "a detail stays on its line")
            let one = try await Program.run(["queue", "retry", "901", "77"], settings: settings)
            #expect(one.status == 1)
            #expect(one.standardOutput.hasPrefix("901 is queued again as "))
            #expect(one.standardError.contains("no dead or held event: 77"))
            let all = try await Program.run(["queue", "retry", "--all", "--reason", "bad_payload"], settings: settings)
            #expect(all.standardOutput == "2 events are queued again.\n")
            let none = try await Program.run(["queue", "dead"], settings: settings)
            #expect(none.standardOutput == "No dead events.\n")
        }
    }

    @Test("What was done to some ids is printed, whatever the others meet")
    func oneByOne() async throws {
        try await withTestDatabase(.oneUser) { database in
            let settings = ["NOTIFY_DATABASE_URL": database.url()]
            try await database.execute(
                """
                insert into notify.dead_events (event_id, kind, bucket, user_id, payload, outcome, reason, attempts,
                    message_id, enqueued_at, expires_at)
                select n, case when n = 902 then 'account_invitation' else 'assigned_ticket' end,
                    '00000000-0000-0000-0000-000000000000', '\(Person.jane)', '\(Person.ticket)', 'failed',
                    'template_error', 0, gen_random_uuid(), now(), now()
                from generate_series(901, 904) n;
                create function refuse() returns trigger language plpgsql as
                    $$ begin raise exception sqlstate '53100'; end $$;
                create trigger refuse before insert on notify.events for each row when (new.retry_of = 904)
                    execute function refuse();
                """)
            let retried = try await Program.run(["queue", "retry", "901", "902", "903"], settings: settings)
            let queued = try await database.column("select id from notify.events order by id").compactMap(\.self)
            #expect(queued.count == 2)
            let lines = zip(["901", "903"], queued).map { "\($0) is queued again as \($1)\n" }
            #expect(retried.standardOutput == lines.joined())
            #expect(retried.status == 1)
            #expect(retried.standardError.contains("902: refused, NW004 (field event_id)"), "\(retried.standardError)")

            let broken = try await Program.run(["queue", "retry", "--json", "904", "901"], settings: settings)
            #expect(broken.status == 1)
            #expect((try broken.json() as? [Any])?.isEmpty == true)
            #expect(broken.standardError.contains("53100"), "\(broken.standardError)")

            try await database.execute(
                """
                create trigger refuse_end before delete on notify.events for each row when (old.id = \(queued[1]))
                    execute function refuse();
                """)
            let cancelled = try await Program.run(["queue", "cancel"] + queued, settings: settings)
            #expect(cancelled.status == 1)
            #expect(cancelled.standardOutput == "\(queued[0]) is cancelled\n")
            #expect(cancelled.standardError.contains("53100"), "\(cancelled.standardError)")
        }
    }

    @Test("Held events are listed with the relay that may have taken them, and made due by id or all at once")
    func held() async throws {
        try await withTestDatabase(.oneUser) { database in
            let settings = ["NOTIFY_DATABASE_URL": database.url()]
            try await database.execute(
                """
                insert into notify.events (id, kind, bucket, user_id, state, due_at, expires_at, attempts)
                select n, case when n = 803 then 'conversation_note' else 'assigned_ticket' end,
                    '00000000-0000-0000-0000-000000000000', '\(Person.jane)', 'held', now() + interval '1 h',
                    now() + interval '1 h', 1
                from generate_series(801, 804) n;
                insert into notify.attempts (event_id, attempt, relay, result, charged)
                select n, 1, 'mx' || n || ':25', 'unknown', true from generate_series(801, 804) n;
                """)
            let list = try await Program.run(["queue", "held", "--kind", "assigned_ticket"], settings: settings)
            #expect(list.standardOutput.contains("mx801:25") && list.standardOutput.contains("mx804:25"))
            #expect(!list.standardOutput.contains("803"))
            let one = try await Program.run(["queue", "retry", "801"], settings: settings)
            #expect(one.standardOutput == "801 was held and is due now\n", "\(one.standardError)")
            let kind = ["queue", "retry", "--all", "--held", "--kind", "assigned_ticket"]
            #expect(try await Program.run(kind, settings: settings).standardOutput == "2 events are queued again.\n")
            let states = "select string_agg(id || ' ' || state, ', ' order by id) from notify.events"
            #expect(try await database.value(states) == "801 ready, 802 ready, 803 held, 804 ready")
            #expect(try await Program.run(["queue", "retry", "--all"], settings: settings).status == 0)
            #expect(try await database.value("select count(*) from notify.events where state = 'held'") == "1")
            let reason = ["queue", "retry", "--all", "--held", "--reason", "bad_payload"]
            #expect(try await Program.run(reason, settings: settings).status == 64)
        }
    }

    @Test("The operator's role suffices for every queue command, and the worker's is enough for check")
    func roles() async throws {
        try await withTestDatabase(.oneUser) { database in
            try await database.makeLogin("test_operator", in: "notify_operator")
            try await database.makeLogin("test_worker", in: "notify_worker")
            let id = try await database.withConnection { connection in
                try EventProducer(connection)
                    .enqueue(
                        NewEvent(
                            kind: "assigned_ticket", userID: try #require(UUID(uuidString: Person.jane)),
                            payload: Person.ticket))
            }
            let settings = ["NOTIFY_DATABASE_URL": database.url(user: "test_operator")]
            for arguments in [
                ["status"], ["dead"], ["held"], ["retry", "--all"], ["retry", "--all", "--held"], ["cancel", "\(id)"],
            ] {
                let output = try await Program.run(["queue"] + arguments, settings: settings)
                #expect(output.status == 0, "\(arguments): \(output.standardError)")
            }
            let story = try await Program.run(["explain", "\(id)"], settings: settings)
            #expect(story.standardOutput.contains("by_operator"), "\(story.standardError)")
            let worker = try await Program.run(
                ["check", "--json"], settings: ["NOTIFY_DATABASE_URL": database.url(user: "test_worker")])
            let findings = try #require(try worker.json() as? [[String: Any]])
            #expect(findings.first { $0["part"] as? String == "rights" }?["status"] as? String == "ok")
            let operatorCheck = try await Program.run(["check", "--json"], settings: settings)
            #expect(operatorCheck.standardOutput.contains("the role lacks"))
        }
    }
}
