import PostgresClient
import TestSupport
import Testing

@Suite("Producers that commit in two phases")
struct TwoPhaseTests {
    static let silent = "set local notify.wake = 'off'"

    @Test(
        "With the bell off a transaction with any producer's call can be prepared, and takes effect with its commit",
        arguments: [
            enqueueTicket(), enqueueTicket(ada, "dedupe_key => 'new'"),
            "select notify.enqueue_many(jsonb_build_array(jsonb_build_object("
                + "'kind', 'assigned_ticket', 'user_id', '\(ada)', 'payload', '\(ticket)'::jsonb)))",
            "select notify.cancel('old')",
        ])
    func prepared(call: String) async throws {
        try await withTestDatabase(.directory) { database in
            _ = try await database.value(enqueueTicket(bob, "dedupe_key => 'old'"))
            try await database.execute("select setval('notify.wake_clock', 1)")
            let before = try await database.queuedRows()
            try await database.withConnection { connection in
                try connection.execute("begin; \(Self.silent); \(call)")
                try connection.execute("prepare transaction '\(database.name)'")
            }
            #expect(try await database.queuedRows() == before)
            try await database.execute("commit prepared '\(database.name)'")
            #expect(try await database.queuedRows() != before)
        }
    }

    @Test("With the bell on it cannot, which the error says, and nothing is left")
    func refused() async throws {
        try await withTestDatabase(.directory) { database in
            try await database.execute("select setval('notify.wake_clock', 1)")
            try await database.withConnection { connection in
                try connection.execute("begin; \(enqueueTicket())")
                #expect(try connection.refusal("prepare transaction '\(database.name)'")?.state == "0A000")
            }
            #expect(try await database.queuedRows() == "0")
        }
    }

    @Test("A running worker sends what was prepared before others' events and committed after them")
    func found() async throws {
        try await withWorker { worker in
            let database = worker.database
            let prepared = try await database.withConnection { connection in
                try connection.execute("begin; \(Self.silent)")
                let id = try connection.value(enqueueTicket(bob))
                try connection.execute("prepare transaction '\(database.name)'")
                return id
            }
            for _ in 0..<3 {
                let later = try await worker.enqueue(enqueueTicket(ada))
                #expect(try await worker.outcome(of: later) == "sent")
            }
            try await database.execute("commit prepared '\(database.name)'")
            #expect(try await worker.outcome(of: Int64(prepared ?? "") ?? 0) == "sent")
        }
    }
}
