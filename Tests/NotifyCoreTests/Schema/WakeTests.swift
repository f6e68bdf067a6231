import PostgresClient
import TestSupport
import Testing
import Threads

@Suite("Waking the workers")
struct WakeTests {
    @Test("Many events from many sessions ring, once in 50 ms at most")
    func sparing() async throws {
        try await withTestDatabase(.directory) { database in
            let (rings, elapsed) = try await Self.rings(in: database) { conninfo in
                let producers = try (0..<4)
                    .map { _ in
                        try NamedThread("producer") {
                            guard let connection = try? PostgresConnection(conninfo) else { return }
                            for _ in 0..<100 { try? connection.execute(enqueueTicket()) }
                            connection.close()
                        }
                    }
                producers.forEach { $0.join() }
            }
            #expect(try await database.value("select count(*) from notify.events") == "400")
            #expect(rings >= 1)
            // Both ends of the time may hold one.
            #expect(rings <= Int(elapsed / .milliseconds(50)) + 2)
        }
    }

    @Test(
        "What is due now rings, what is due later, a repeated key or a session that asked for silence does not",
        arguments: [
            (enqueueTicket(), 1), (enqueueTicket(ada, "send_at => now() + interval '1 h'"), 0),
            ("set notify.wake = 'off'; \(enqueueTicket())", 0), ("set notify.wake = 'on'; \(enqueueTicket())", 1),
            (enqueueTicket(ada, "dedupe_key => 'taken'"), 0), ("begin; \(enqueueTicket()); rollback", 0),
            (
                """
                select notify.enqueue_account('account_invitation', 'x@example.com', null, 'en', 'UTC', '{}',
                    now() + interval '1 h')
                """, 1
            ),
            // The clock was set back by a day since the last ring.
            (
                """
                select setval('notify.wake_clock', (extract(epoch from now()) * 1000)::bigint + 86400000);
                \(enqueueTicket())
                """,
                1
            ),
        ])
    func bell(statements: String, expected: Int) async throws {
        try await withTestDatabase(.directory) { database in
            try await database.execute(
                "\(enqueueTicket(ada, "dedupe_key => 'taken'")); select setval('notify.wake_clock', 1)")
            let (rings, _) = try await Self.rings(in: database) { conninfo in
                let connection = try PostgresConnection(conninfo)
                try connection.execute(statements)
                connection.close()
            }
            #expect(rings == expected)
        }
    }

    @Test("A producer that never ends its transaction silences nobody")
    func longTransaction() async throws {
        try await withTestDatabase(.directory) { database in
            let (rings, _) = try await Self.rings(in: database) { conninfo in
                let slow = try PostgresConnection(conninfo)
                try slow.execute("begin; \(enqueueTicket()); select setval('notify.wake_clock', 1)")
                let other = try PostgresConnection(conninfo)
                try other.execute(enqueueTicket())
                other.close()
                slow.close()
            }
            #expect(rings == 1)
        }
    }

    /// How often the bell was heard while `body` ran, and how long that took.
    private static func rings(
        in database: TestDatabase, while body: @escaping @Sendable (_ conninfo: String) throws -> Void
    ) async throws -> (count: Int, elapsed: Duration) {
        try await database.withConnection { connection in
            let listener = Listener(database.direct.conninfo, channels: ["notify_events"], signal: try WakeSignal())
            try listener.connect()
            defer { listener.close() }
            let start = ContinuousClock.now
            try body(database.conninfo)
            let elapsed = ContinuousClock.now - start
            // Notifications arrive in the order of their commits: behind this one none is missing.
            try connection.execute("notify notify_events, 'end'")
            var count = 0
            while case .notifications(let received) = listener.wait(timeout: .seconds(60)) {
                count += received.count { $0.payload.isEmpty }
                if received.contains(where: { $0.payload == "end" }) { return (count, elapsed) }
            }
            throw NothingHeard()
        }
    }

    private struct NothingHeard: Error {}
}
