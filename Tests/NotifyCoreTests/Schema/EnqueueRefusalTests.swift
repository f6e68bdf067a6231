import PostgresClient
import TestSupport
import Testing

@Suite("What notify.enqueue refuses")
struct EnqueueRefusalTests {
    @Test(
        "A bad event ends in its SQLSTATE with the field in COLUMN, alone or in a batch, and leaves nothing",
        arguments: BadEvent.all)
    func refused(event: BadEvent) async throws {
        try await withTestDatabase(.directory) { database in
            let good =
                "jsonb_build_object('kind', 'assigned_ticket', 'user_id', '\(ada)', 'payload', '\(ticket)'::jsonb)"
            let errors = try await database.withConnection { connection in
                try [
                    event.enqueue,
                    "select notify.enqueue_many(jsonb_build_array(\(good), \(good), \(event.object), \(event.object)))",
                ]
                .map { try connection.error($0.replacing("Printer on fire", with: "sEcReT")) }
            }
            for (error, prefix) in zip(errors, ["", "events[2]: "]) {
                #expect(error.map { Refusal($0).codes } == Refusal(event.state, event.column))
                #expect(error?.message.hasPrefix("\(prefix)\(event.column) ") == true)
                let text = [error?.message, error?.detail, error?.hint, error?.fields.context].compactMap { $0 }
                    .joined()
                #expect(
                    !["sEcReT", "example.com", ada, nobody].contains { text.contains($0) }, "no error repeats a value")
            }
            #expect(try await database.queuedRows() == "0")
        }
    }

    @Test("The producer's transaction goes on from a savepoint before the bad event")
    func savepoint() async throws {
        try await withTestDatabase(.directory) { database in
            let count = try await database.withConnection { connection in
                try connection.execute("begin; \(enqueueTicket()); savepoint before")
                let refusal = try connection.refusal(enqueueTicket(nobody))
                try connection.execute("rollback to before; \(enqueueTicket(bob)); commit")
                return (refusal?.state, try connection.value("select count(*) from notify.events"))
            }
            #expect(count == ("NW005", "2"))
        }
    }

    @Test("An account that is inactive or suppressed is no reason to refuse: the worker decides")
    func inactiveUser() async throws {
        try await withTestDatabase(.directory) { database in
            try await database.execute("update notify.users set is_active = false, suppressed_at = now()")
            #expect(try await database.refusal(enqueueTicket()) == nil)
        }
    }
}
