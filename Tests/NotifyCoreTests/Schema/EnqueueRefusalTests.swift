import PostgresClient
import TestSupport
import Testing

@Suite("What notify.enqueue refuses")
struct EnqueueRefusalTests {
    @Test("A bad event ends in its SQLSTATE with the field in COLUMN, and leaves nothing", arguments: BadEvent.all)
    func refused(event: BadEvent) async throws {
        try await withTestDatabase(.directory) { database in
            let refusal = try await database.refusal(event.enqueue)
            #expect(refusal?.codes == Refusal(event.state, event.column))
            #expect(refusal?.message.hasPrefix("\(event.column) ") == true)
            #expect(try await database.queuedRows() == "0")
        }
    }

    @Test("The same event within a batch is refused the same way, with its index", arguments: BadEvent.all)
    func refusedInBatch(event: BadEvent) async throws {
        try await withTestDatabase(.directory) { database in
            let good = "jsonb_build_object('kind', 'assigned_ticket', 'user_id', '\(ada)', 'payload', '\(ticket)'::jsonb)"
            let refusal = try await database.refusal(
                "select notify.enqueue_many(jsonb_build_array(\(good), \(good), \(event.object), \(event.object)))"
            )
            #expect(refusal?.codes == Refusal(event.state, event.column))
            #expect(refusal?.message.hasPrefix("events[2]: \(event.column) ") == true)
            #expect(try await database.queuedRows() == "0")
        }
    }

    @Test("No error repeats a value", arguments: BadEvent.all)
    func secrecy(event: BadEvent) async throws {
        try await withTestDatabase(.directory) { database in
            let text = try await database.withConnection { connection -> String in
                do {
                    try connection.execute(event.enqueue.replacing("Printer on fire", with: "sEcReT"))
                    return "nothing was refused"
                } catch let error as PostgresError {
                    return [error.message, error.detail, error.hint, error.fields.context].compactMap { $0 }.joined()
                }
            }
            for value in ["sEcReT", "example.com", ada, nobody] {
                #expect(!text.contains(value))
            }
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
