import PostgresClient
import TestSupport
import Testing

@Suite("What notify.enqueue refuses")
struct EnqueueRefusalTests {
    @Test(
        "A bad event ends in its SQLSTATE with the field in COLUMN, alone or in a batch, and leaves nothing",
        arguments: BadEvent.groups.keys.sorted())
    func refused(group: String) async throws {
        let events = BadEvent.groups[group, default: []]
        try await withTestDatabase(.directory) { database in
            let good =
                "jsonb_build_object('kind', 'assigned_ticket', 'user_id', '\(ada)', 'payload', '\(ticket)'::jsonb)"
            let errors = try await database.withConnection { connection in
                try events.map { event in
                    let batch = "jsonb_build_array(\(good), \(good), \(event.object), \(event.object))"
                    return (
                        alone: try connection.error(event.enqueue.replacing("Printer on fire", with: "sEcReT")),
                        inBatch: try connection.error("select notify.enqueue_many(\(batch))")
                    )
                }
            }
            for (event, error) in zip(events, errors) {
                Self.expect(error.alone, event, messagePrefix: "")
                Self.expect(error.inBatch, event, messagePrefix: "events[2]: ")
            }
            #expect(try await database.queuedRows() == "0")
        }
    }

    private static func expect(_ error: PostgresError?, _ event: BadEvent, messagePrefix: String) {
        #expect(error.map { Refusal($0).codes } == Refusal(event.state, event.column), "\(event.what)")
        #expect(error?.message.hasPrefix("\(messagePrefix)\(event.column) ") == true, "\(event.what)")
        let text = [error?.message, error?.detail, error?.hint, error?.fields.context].compactMap { $0 }.joined()
        for value in ["sEcReT", "example.com", "Printer on fire", ada, nobody] {
            #expect(!text.contains(value), "no error repeats a value: \(event.what)")
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
