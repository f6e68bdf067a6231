import PostgresClient
import TestSupport
import Testing

@Suite("notify.enqueue")
struct EnqueueTests {
    @Test("An event becomes a queue row, a payload and a feed row in the producer's transaction")
    func rows() async throws {
        try await withTestDatabase(.directory) { database in
            let row = try await database.withConnection { connection in
                try connection.execute("begin; \(enqueueTicket(ada, "'\(acme)', actor_id => '\(bob)'"))")
                let row = try connection.value(
                    """
                    select jsonb_build_array(
                        e.state, e.kind, e.bucket, e.user_id, e.organization_id, e.actor_id, e.attempts, e.tried,
                        e.lease_id, e.queue_xid::text = pg_current_xact_id()::text, e.due_at = e.enqueued_at,
                        e.expires_at = now() + interval '24 h', e.message_id <> '\(nobody)',
                        p.payload = '\(ticket)', p.to_address, n.payload = p.payload, n.visible_at = now(), n.read_at,
                        n.kind, n.actor_id
                    )
                    from notify.events e
                    join notify.event_payloads p on p.event_id = e.id
                    join notify.notifications n on n.event_id = e.id
                    """
                )
                try connection.execute("rollback")
                return row
            }
            #expect(
                row == """
                    ["ready", "assigned_ticket", "\(acme)", "\(ada)", "\(acme)", "\(bob)", 0, false, null, true, true, \
                    true, true, true, null, true, true, null, "assigned_ticket", "\(bob)"]
                    """
            )
            #expect(try await database.queuedRows() == "0")
        }
    }

    @Test(
        "Every kind of the contract is taken with all its keys, empty optional ones included",
        arguments: PayloadSample.all)
    func kinds(sample: PayloadSample) async throws {
        try await withTestDatabase(.directory) { database in
            for payload in [sample.full, sample.required] {
                let refusal = try await database.refusal(sample.enqueue(payload))
                #expect(refusal == nil)
            }
        }
    }

    @Test("Without an organisation an event goes to the common bucket, whoever the user is a member of")
    func commonBucket() async throws {
        try await withTestDatabase(.directory) { database in
            _ = try await database.value(enqueueTicket(cyd))
            let bucket = try await database.value("select bucket from notify.events where organization_id is null")
            #expect(bucket == "00000000-0000-0000-0000-000000000000")
        }
    }

    @Test("A later send_at makes the event wait, and shows it in the feed then")
    func delayed() async throws {
        try await withTestDatabase(.directory) { database in
            _ = try await database.value(enqueueTicket(ada, "send_at => '2027-06-01T08:00:00Z'"))
            let row = try await database.value(
                """
                select jsonb_build_array(e.state, e.due_at = n.visible_at, n.visible_at at time zone 'UTC',
                    e.expires_at - e.due_at)
                from notify.events e join notify.notifications n on n.event_id = e.id
                """
            )
            #expect(row == #"["waiting", true, "2027-06-01T08:00:00", "1 day"]"#)
        }
    }

    @Test("The event lives as long as the contract says unless the producer says otherwise", arguments: Lifetime.all)
    func expiry(lifetime: Lifetime) async throws {
        try await withTestDatabase(.directory) { database in
            let life = try await database.withConnection { connection in
                try connection.execute("set timezone = 'Asia/Tokyo'; begin")
                _ = try connection.value(lifetime.statement)
                return try connection.value(
                    "select extract(epoch from expires_at - now())::int / 60 from notify.events")
            }
            #expect(life == String(lifetime.minutes))
        }
    }

    @Test(
        "A traceparent that is not of W3C form is dropped",
        arguments: [
            ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", true),
            ("00-00000000000000000000000000000000-b7ad6b7169203331-01", false),
            ("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", false),
            ("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false),
            ("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01", false), ("", false), ("nonsense", false),
        ])
    func traceparent(text: String, isKept: Bool) async throws {
        try await withTestDatabase(.directory) { database in
            _ = try await database.value(enqueueTicket(ada, "traceparent => '\(text)'"))
            #expect(try await database.value("select traceparent from notify.events") == (isKept ? text : nil))
        }
    }

    @Test("The feed row is written with every switch off, and the switches are not looked at")
    func feedWhateverTheSwitches() async throws {
        try await withTestDatabase(.directory) { database in
            try await database.execute("update notify.email_preferences set enabled = false")
            _ = try await database.value(enqueueTicket())
            #expect(try await database.queuedRows() == "3")
        }
    }
}

/// A payload of each kind.
struct PayloadSample: Sendable, CustomTestStringConvertible {
    let kind: String
    let required: String
    let full: String

    init(_ kind: String, required: [String], optional: [String]) {
        self.kind = kind
        self.required = Self.json(required, empty: optional)
        self.full = Self.json(required + optional, empty: [])
    }

    var testDescription: String { kind }

    func enqueue(_ payload: String) -> String {
        "select notify.enqueue('\(kind)', '\(ada)', '\(payload)', '\(acme)')"
    }

    private static func json(_ keys: [String], empty: [String]) -> String {
        let values = ["url": "https://app.example.com/x?y=1#z", "due_at": "2026-12-24T18:00:00+01:00"]
        let members = keys.map { #""\#($0)": "\#(values[$0] ?? "text")""# } + empty.map { #""\#($0)": """# }
        return "{\(members.joined(separator: ", "))}"
    }

    static let all = [
        PayloadSample(
            "assigned_conversation", required: ["conversation_id", "subject", "url"],
            optional: ["assigned_by", "customer", "preview"]),
        PayloadSample(
            "assigned_ticket", required: ["ticket_id", "subject", "url"],
            optional: ["assigned_by", "priority", "due_at", "preview"]),
        PayloadSample(
            "conversation_note", required: ["conversation_id", "note_id", "subject", "author", "note", "url"],
            optional: []),
        PayloadSample(
            "assigned_reminder", required: ["reminder_id", "title", "url"], optional: ["due_at", "assigned_by", "note"]),
        PayloadSample(
            "assigned_inquiry", required: ["inquiry_id", "subject", "url"],
            optional: ["assigned_by", "customer", "message"]),
    ]
}

/// When an event expires, in minutes from now, for a send_at and due_at given the same way.
struct Lifetime: Sendable, CustomTestStringConvertible {
    let kind: String
    var sendAt: Int?
    var dueAt: Int?
    var expiresAt: Int?
    let minutes: Int

    var testDescription: String { "\(kind), send \(sendAt ?? 0), due \(dueAt ?? 0), expires \(expiresAt ?? 0)" }

    var statement: String {
        let isReminder = kind == "assigned_reminder"
        var payload = "'\(isReminder ? reminder : ticket)'::jsonb"
        if let dueAt { payload += " || jsonb_build_object('due_at', \(Self.moment(dueAt)))" }
        var arguments = ["'\(kind)'", "'\(ada)'", payload]
        if let sendAt { arguments.append("send_at => \(Self.moment(sendAt))") }
        if let expiresAt { arguments.append("expires_at => \(Self.moment(expiresAt))") }
        return "select notify.enqueue(\(arguments.joined(separator: ", ")))"
    }

    private static func moment(_ minutes: Int) -> String { "now() + interval '\(minutes) minutes'" }

    static let all = [
        Lifetime(kind: "assigned_ticket", minutes: 1440),
        Lifetime(kind: "assigned_ticket", sendAt: 100, minutes: 1540),
        Lifetime(kind: "assigned_ticket", dueAt: 100, minutes: 1440),
        Lifetime(kind: "assigned_ticket", sendAt: 10, expiresAt: 11, minutes: 11),
        Lifetime(kind: "assigned_reminder", minutes: 1440),
        Lifetime(kind: "assigned_reminder", dueAt: 100, minutes: 160),
        Lifetime(kind: "assigned_reminder", dueAt: -100, minutes: 60),
        Lifetime(kind: "assigned_reminder", sendAt: 200, dueAt: 100, minutes: 260),
        Lifetime(kind: "assigned_reminder", sendAt: 200, dueAt: 5000, minutes: 1640),
        Lifetime(kind: "assigned_reminder", dueAt: 100, expiresAt: 2000, minutes: 2000),
    ]
}
