import NotifyCore
import PostgresClient
import TestSupport
import Testing

@Suite("notify.cancel")
struct CancelTests {
    @Test("What was open ends as cancelled, its feed row is retracted and its key is free")
    func open() async throws {
        try await withTestDatabase(.directory) { database in
            let first = try await database.value(enqueueTicket(ada, "dedupe_key => 'k'"))
            #expect(try await database.value("select notify.cancel('k')") == "true")
            let outcome = try await database.value(
                """
                select jsonb_build_array(d.event_id, d.outcome, d.reason, d.attempts, n.retracted_at = d.finished_at)
                from notify.deliveries d join notify.notifications n on n.event_id = d.event_id
                """
            )
            #expect(outcome == #"[\#(first ?? ""), "cancelled", "by_producer", 0, true]"#)
            #expect(try await database.queuedRows() == "1")
            #expect(try await database.value("select notify.cancel('k')") == "false")
            #expect(try await database.value(enqueueTicket(ada, "dedupe_key => 'k'")) != first)
        }
    }

    @Test("A feed row that was read stays")
    func read() async throws {
        try await withTestDatabase(.directory) { database in
            _ = try await database.value(enqueueTicket(ada, "dedupe_key => 'k'"))
            try await database.execute("update notify.notifications set read_at = now()")
            #expect(try await database.value("select notify.cancel('k')") == "true")
            #expect(try await database.value("select count(retracted_at) from notify.notifications") == "0")
        }
    }

    @Test("With a user only that user's event goes, without one everybody's under the key")
    func users() async throws {
        try await withTestDatabase(.directory) { database in
            for user in [ada, bob, cyd] { _ = try await database.value(enqueueTicket(user, "dedupe_key => 'k'")) }
            #expect(try await database.value("select notify.cancel('k', '\(bob)')") == "true")
            #expect(try await database.column("select user_id from notify.events order by 1") == [ada, cyd])
            #expect(try await database.value("select notify.cancel('k')") == "true")
            #expect(try await database.value("select count(*) from notify.events") == "0")
        }
    }

    @Test("An event that is being sent is only marked, and the answer is no")
    func leased() async throws {
        try await withTestDatabase(.directory) { database in
            for user in [ada, bob] { _ = try await database.value(enqueueTicket(user, "dedupe_key => 'k'")) }
            try await database.execute(
                """
                insert into notify.workers (name, expires_at) values ('w', now() + interval '1 min');
                update notify.events set state = 'leased', lease_id = 1, worker_id = 1 where user_id = '\(ada)';
                """
            )
            #expect(try await database.value("select notify.cancel('k')") == "false")
            #expect(try await database.value("select cancel_reason from notify.events") == "by_producer")
            #expect(try await database.column("select user_id from notify.deliveries") == [bob])
            #expect(try await database.value("select count(*) from notify.dedupe_keys") == "0")
            let retracted = "select count(retracted_at) from notify.notifications"
            #expect(try await database.value(retracted) == "1", "the mail may still go out")
            try await database.execute("select notify.release_cancelled(array(select id from notify.events))")
            #expect(try await database.value(retracted) == "2")
        }
    }

    @Test("A mark frees the key: what is enqueued under it next is an event of its own, and not marked")
    func enqueuedAfterMark() async throws {
        try await withTestDatabase(.directory) { database in
            let first = try await database.value(enqueueTicket(ada, "dedupe_key => 'k'"))
            try await database.execute("update notify.events set state = 'leased', lease_id = 1, worker_id = 1")
            #expect(try await database.value("select notify.cancel('k')") == "false")
            let second = try await database.value(enqueueTicket(ada, "dedupe_key => 'k'"))
            #expect(second != first)
            let marks = "select string_agg(coalesce(cancel_reason, 'none'), ' ' order by id) from notify.events"
            #expect(try await database.value(marks) == "by_producer none")
            #expect(try await database.value("select notify.cancel('k')") == "true", "the second one's")
            try await database.execute("select notify.release_cancelled(array[\(first ?? "0")])")
            #expect(try await database.value("select count(retracted_at) from notify.notifications") == "2")
        }
    }

    @Test(
        "What may have reached its reader is cancelled without the promise, and stays known for that",
        arguments: ["held", "waiting", "ready"])
    func maybeSent(state: String) async throws {
        try await withTestDatabase(.directory) { database in
            for user in [ada, bob] { _ = try await database.value(enqueueTicket(user, "dedupe_key => 'k'")) }
            try await database.execute(
                """
                update notify.events set state = '\(state)', attempts = 1, tried = true, maybe_sent = true
                where user_id = '\(ada)'
                """)
            #expect(try await database.value("select notify.cancel('k')") == "false")
            let outcomes = """
                select user_id || ' ' || maybe_sent from notify.deliveries where outcome = 'cancelled' order by 1
                """
            #expect(try await database.column(outcomes) == ["\(ada) true", "\(bob) false"])
            #expect(try await database.value("select count(*) from notify.events") == "0")
            #expect(try await database.value("select count(*) from notify.dedupe_keys") == "0")
        }
    }

    @Test("A batch that takes the keys of many waits for a cancel of the same ones, and never crosswise")
    func keyOrder() async throws {
        try await withTestDatabase(.directory) { database in
            // Against the order of the keys, which is that of the users.
            for user in [cyd, bob, ada] { _ = try await database.value(enqueueTicket(user, "dedupe_key => 'k'")) }
            async let cancelled = database.withConnection(options: ConnectionOptions(applicationName: "cancel")) {
                try $0.waitForGate()
                return try $0.value("select notify.cancel('k')")
            }
            try await database.withConnection { producer in
                try producer.execute("begin; \(enqueueTicket(ada, "dedupe_key => 'k'"))")
                try producer.openGate()
                try producer.waitUntilBlocked(application: "cancel")
                // The cancel holds no key yet: it waits for the first of them.
                try producer.execute("set local lock_timeout = '2s'; \(enqueueTicket(cyd, "dedupe_key => 'k'"))")
                try producer.execute("commit")
            }
            #expect(try await cancelled == "true")
        }
    }

    @Test(
        "Whoever asks first to cancel an event that is being sent is named, and stays so",
        arguments: [
            ["cancel('k')", "cancel_event((select id from notify.events))", "by_producer"],
            ["cancel_event((select id from notify.events))", "cancel('k')", "by_operator"],
        ])
    func whoAsked(calls: [String]) async throws {
        try await withTestDatabase(.directory) { database in
            let id = Int64(try await database.value(enqueueTicket(ada, "dedupe_key => 'k'")) ?? "") ?? 0
            try await database.execute("update notify.events set state = 'leased', lease_id = 1, worker_id = 1")
            for call in calls.dropLast() {
                #expect(["false", "marked"].contains(try await database.value("select notify.\(call)")))
                let history = try await database.withConnection { try EventHistory.read(id, from: $0) }
                #expect(history?.open?.cancelReason == calls.last)
            }
        }
    }

    @Test("A claim that commits while cancel waits for it leaves a mark, not a hole")
    func race() async throws {
        try await withTestDatabase(.directory) { database in
            _ = try await database.value(enqueueTicket(ada, "dedupe_key => 'k'"))
            async let cancelled = database.withConnection(options: ConnectionOptions(applicationName: "cancel")) {
                try $0.waitForGate()
                return try $0.value("select notify.cancel('k')")
            }
            try await database.withConnection { worker in
                try worker.execute(
                    """
                    begin;
                    update notify.events set state = 'leased', lease_id = 1, worker_id = 1;
                    """
                )
                try worker.openGate()
                try worker.waitUntilBlocked(application: "cancel")
                try worker.execute("commit")
            }
            #expect(try await cancelled == "false")
            #expect(try await database.value("select cancel_reason from notify.events") == "by_producer")
        }
    }

    @Test("An event enqueued in the same transaction can be cancelled in it")
    func sameTransaction() async throws {
        try await withTestDatabase(.directory) { database in
            let answer = try await database.withConnection { connection in
                try connection.execute("begin; \(enqueueTicket(ada, "dedupe_key => 'k'"))")
                let answer = try connection.value("select notify.cancel('k')")
                try connection.execute("commit")
                return answer
            }
            #expect(answer == "true")
            #expect(try await database.value("select count(*) from notify.deliveries") == "1")
        }
    }

    @Test("Nothing is open under an unknown key or none", arguments: ["'other'", "null", "'k', '\(bob)'"])
    func nothing(arguments: String) async throws {
        try await withTestDatabase(.directory) { database in
            _ = try await database.value(enqueueTicket(ada, "dedupe_key => 'k'"))
            #expect(try await database.value("select notify.cancel(\(arguments))") == "false")
            #expect(try await database.value("select count(*) from notify.events") == "1")
        }
    }
}
