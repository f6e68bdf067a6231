import TestSupport
import Testing

@Suite("notify.enqueue_account")
struct AccountLaneTests {
    @Test("An account mail goes to its own lane with its own address, and not into the feed")
    func queued() async throws {
        try await withTestDatabase(.directory) { database in
            let id = try await database.value("select notify.\(call(address: "'new@example.com'"))")
            let row = try await database.value(
                """
                select jsonb_build_array(e.id, e.state, e.bucket, e.organization_id, p.to_address, p.locale,
                    p.time_zone,
                    (select count(*) from notify.notifications))
                from notify.events e join notify.event_payloads p on p.event_id = e.id
                """
            )
            #expect(
                row == """
                    [\(id ?? ""), "ready", "ffffffff-ffff-ffff-ffff-ffffffffffff", null, "new@example.com", "de", \
                    "Europe/Berlin", 0]
                    """
            )
        }
    }

    @Test("It may go to someone who is no user")
    func invitation() async throws {
        try await withTestDatabase(.directory) { database in
            let refusal = try await database.refusal("select notify.\(call(user: "null"))")
            #expect(refusal == nil)
        }
    }

    @Test("What is no account mail is refused, and leaves nothing")
    func refused() async throws {
        let calls = [
            BadCall(call(kind: "'assigned_ticket'"), "NW001", "kind"),
            BadCall(call(kind: "'account_'"), "NW001", "kind"),
            BadCall(call(kind: "null"), "NW002", "kind"),
            BadCall(call(address: "'nobody'"), "NW004", "to_address"),
            BadCall(call(address: "null"), "NW002", "to_address"),
            BadCall(call(payload: "null"), "NW002", "payload"),
            BadCall(call(payload: "'[]'"), "NW004", "payload"),
            BadCall(call(payload: "'{\"token_id\": 7}'"), "NW004", "payload"),
            BadCall(call(payload: "jsonb_build_object('x', repeat('x', 65536))"), "NW008", "payload"),
            BadCall(call(expires: "null"), "NW002", "expires_at"),
            BadCall(call(expires: "now() - interval '1 s'"), "NW007", "expires_at"),
            BadCall(call(expires: "'infinity'"), "NW007", "expires_at"),
            BadCall(call(zone: "'Nowhere'"), "NW004", "time_zone"),
            BadCall(call(locale: "'?'"), "NW004", "locale"),
        ]
        try await withTestDatabase(.directory) { database in
            for (call, refusal) in zip(calls, try await database.refusals(calls)) {
                #expect(refusal == call.expected, "\(call.call)")
            }
            #expect(try await database.queuedRows() == "0")
        }
    }

    private func call(
        kind: String = "'account_email_confirmation'", address: String = "'ada@example.com'", user: String = "'\(ada)'",
        locale: String = "'de'", zone: String = "'Europe/Berlin'", payload: String = #"'{"token_id": "t"}'"#,
        expires: String = "now() + interval '1 h'"
    ) -> String {
        "enqueue_account(\(kind), \(address), \(user), \(locale), \(zone), \(payload), \(expires))"
    }
}
