import PostgresClient
import TestSupport
import Testing

@Suite("De-duplication")
struct DedupeTests {
    @Test("The second event under a key is not queued: the earlier id comes back and the first payload wins")
    func second() async throws {
        try await withTestDatabase(.directory) { database in
            let first = try await database.value(enqueueTicket(ada, "dedupe_key => 'k'"))
            let second = try await database.value(
                enqueueTicket(ada, "dedupe_key => 'k'").replacing("Printer on fire", with: "Never mind"))
            #expect(first == second)
            #expect(try await database.queuedRows() == "4")
            let subject = try await database.value("select payload ->> 'subject' from notify.event_payloads")
            #expect(subject == "Printer on fire")
        }
    }

    @Test("A key is of one user and one kind")
    func scope() async throws {
        try await withTestDatabase(.directory) { database in
            for statement in [
                enqueueTicket(ada, "dedupe_key => 'k'"), enqueueTicket(bob, "dedupe_key => 'k'"),
                "select notify.enqueue('assigned_reminder', '\(ada)', '\(reminder)', dedupe_key => 'k')",
                enqueueTicket(ada, "dedupe_key => 'K'"),
            ] {
                _ = try await database.value(statement)
            }
            #expect(try await database.value("select count(*) from notify.events") == "4")
        }
    }

    @Test(
        "A key lasts for seven days, and as long as its event may be open",
        arguments: [
            ("", "7 days"), ("send_at => now() + interval '30 days', ", "31 days"),
        ])
    func lifetime(sendAt: String, life: String) async throws {
        try await withTestDatabase(.directory) { database in
            _ = try await database.value(enqueueTicket(ada, "\(sendAt)dedupe_key => 'k'"))
            let days = try await database.value(
                "select round(extract(epoch from expires_at - now()) / 86400) || ' days' from notify.dedupe_keys")
            #expect(days == life)
        }
    }

    @Test("After its time a key takes a new event, even if it was not purged yet")
    func expired() async throws {
        try await withTestDatabase(.directory) { database in
            let first = try await database.value(enqueueTicket(ada, "dedupe_key => 'k'"))
            try await database.execute("update notify.dedupe_keys set expires_at = clock_timestamp()")
            let second = try await database.value(enqueueTicket(ada, "dedupe_key => 'k'"))
            #expect(first != second)
            #expect(try await database.column("select event_id from notify.dedupe_keys") == [second])
        }
    }

    @Test("A key that an open transaction holds is waited for, and decided by how that ends", arguments: [true, false])
    func uncommitted(isCommitted: Bool) async throws {
        try await withTestDatabase(.directory) { database in
            async let late = database.withConnection(options: ConnectionOptions(applicationName: "late")) {
                connection in
                try connection.waitForGate()
                return try connection.value(enqueueTicket(ada, "dedupe_key => 'k'"))
            }
            let first = try await database.withConnection { connection in
                try connection.execute("begin")
                let first = try connection.value(enqueueTicket(ada, "dedupe_key => 'k'"))
                try connection.openGate()
                try connection.waitUntilBlocked(application: "late")
                try connection.execute(isCommitted ? "commit" : "rollback")
                return first
            }
            #expect((try await late == first) == isCommitted)
            #expect(try await database.value("select count(*) from notify.events") == "1")
        }
    }

    @Test(
        "Batches with the same keys in any order never wait for each other in a circle",
        arguments: [UInt64.random(in: 0...999_999)])
    func noDeadlock(seed: UInt64) async throws {
        try await withTestDatabase(.directory) { database in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for producer in 0..<6 {
                    group.addTask {
                        try await database.withConnection { connection in
                            for round in 0..<5 {
                                // In the order of a hash that differs for each producer and round.
                                _ = try connection.column(
                                    """
                                    select notify.enqueue_many(jsonb_agg(jsonb_build_object(
                                        'kind', 'assigned_ticket', 'user_id', '\(ada)', 'payload', '\(ticket)'::jsonb,
                                        'dedupe_key', 'key ' || n
                                    ) order by md5(n || '\(seed) \(producer) \(round)')))
                                    from generate_series(1, 200) n
                                    """
                                )
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await database.value("select count(*) from notify.events") == "200", "seed \(seed)")
        }
    }
}
