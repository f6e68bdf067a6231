import PostgresClient
import TestSupport
import Testing

@Suite("notify.enqueue_once")
struct EnqueueOnceTests {
    private let tickets = #"[{"kind":"assigned_ticket","user_id":"\#(ada)","payload":\#(ticket)}]"#

    private func call(
        key: String = "'k'", id: String = "1", hash: String = "sha256('r')", _ events: String? = nil
    ) -> String {
        "enqueue_once(\(id), \(key), \(hash), \(events ?? "'\(tickets)'"))"
    }

    private func withKey(_ body: (TestDatabase) async throws -> Void) async throws {
        try await withTestDatabase(.directory) { database in
            try await database.execute("select notify.create_api_key('key', sha256('key'), 'nwk_', '{events}')")
            try await body(database)
        }
    }

    @Test("The second call gives the first one's ids and enqueues nothing")
    func replay() async throws {
        try await withKey { database in
            let rows = try await database.withConnection { connection in
                try (1...2)
                    .map { _ in
                        try connection.value("select concat_ws(' ', event_ids, is_replay) from notify.\(call())")
                    }
            }
            #expect(rows == ["{1} f", "{1} t"])
            #expect(try await database.value("select count(*) from notify.events") == "1")
        }
    }

    @Test("What is refused leaves neither key nor event")
    func refused() async throws {
        let calls = [
            BadCall(call(key: "null"), "NW002", "Idempotency-Key"),
            BadCall(call(key: "''"), "NW002", "Idempotency-Key"),
            BadCall(call(key: "repeat('k', 256)"), "NW008", "Idempotency-Key"),
            BadCall(call("'[{}]'"), "NW002", "payload"),
            BadCall(call("'[\(tickets.dropFirst().dropLast()),{\"kind\":\"x\",\"payload\":{}}]'"), "NW001", "kind"),
        ]
        try await withKey { database in
            for (call, refusal) in zip(calls, try await database.refusals(calls)) {
                #expect(refusal == call.expected, "\(call.call)")
            }
            for call in [call(id: "null"), call(id: "42"), call(hash: "null")] {
                let refusal = try await database.refusal("select notify.\(call)")
                #expect(refusal?.state.hasPrefix("23") == true, "\(call)")
            }
            #expect(try await database.refusal("select notify.\(call("null"))") != nil)
            #expect(try await database.queuedRows() == "0")
            #expect(try await database.value("select count(*) from notify.idempotency_keys") == "0")
        }
    }

    @Test("A call that comes while the first is under way waits for it, and takes over where that is undone")
    func waiting() async throws {
        for end in ["commit", "rollback"] {
            try await withKey { database in
                async let second = database.withConnection(options: .init(applicationName: "second")) {
                    try $0.waitForGate()
                    return try $0.value("select is_replay from notify.\(call())")
                }
                try await database.withConnection { connection in
                    try connection.execute("begin; select notify.\(call())")
                    try connection.openGate()
                    try connection.waitUntilBlocked(application: "second")
                    try connection.execute(end)
                }
                #expect(try await second == (end == "commit" ? "true" : "false"))
                #expect(try await database.value("select count(*) from notify.events") == "1")
            }
        }
    }
}
