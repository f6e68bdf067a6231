/// A good event with one thing wrong, and what it must be refused with.
struct BadEvent: Sendable {
    let what: String
    let state: String
    let column: String
    private var kind = "'assigned_ticket'"
    private var userID = "'\(ada)'"
    private var payload = "'\(ticket)'::jsonb"
    /// Further arguments: name, SQL expression and its type.
    private var others: [(name: String, value: String, type: String)] = []

    /// The call of `notify.enqueue`.
    var enqueue: String {
        let named = others.map { ", \($0.name) => (\($0.value))::\($0.type)" }.joined()
        return "select notify.enqueue((\(kind))::text, (\(userID))::uuid, (\(payload))::jsonb\(named))"
    }

    /// The element for `notify.enqueue_many`, as an SQL expression.
    var object: String {
        let named = others.map { ", '\($0.name)', (\($0.value))::\($0.type)" }.joined()
        return "jsonb_build_object('kind', \(kind), 'user_id', \(userID), 'payload', \(payload)\(named))"
    }

    private init(_ what: String, _ state: String, _ column: String) {
        self.what = what
        self.state = state
        self.column = column
    }

    private static func kind(_ what: String, _ state: String, _ sql: String) -> BadEvent {
        var event = BadEvent(what, state, "kind")
        event.kind = sql
        return event
    }

    /// `edit` stands in SQL behind the good payload: `|| '{…}'`, `- 'key'`.
    private static func payload(
        _ what: String, _ state: String, _ column: String, kind: String = "assigned_ticket", _ edit: String
    ) -> BadEvent {
        var event = BadEvent(what, state, column)
        event.kind = "'\(kind)'"
        event.payload = "'\(kind == "assigned_reminder" ? reminder : ticket)'::jsonb \(edit)"
        return event
    }

    private static func wholePayload(_ what: String, _ state: String, _ sql: String) -> BadEvent {
        var event = BadEvent(what, state, "payload")
        event.payload = sql
        return event
    }

    private static func url(_ what: String, _ state: String, _ sql: String) -> BadEvent {
        payload("url: \(what)", state, "url", "|| jsonb_build_object('url', \(sql))")
    }

    private static func dueAt(_ text: String) -> BadEvent {
        payload("due_at: \(text)", "NW004", "due_at", kind: "assigned_reminder", "|| '{\"due_at\": \"\(text)\"}'")
    }

    private static func argument(
        _ what: String, _ state: String, _ column: String, _ others: (name: String, value: String, type: String)...
    ) -> BadEvent {
        var event = BadEvent(what, state, column)
        event.others = others
        return event
    }

    private static func user(_ what: String, _ state: String, _ sql: String) -> BadEvent {
        var event = BadEvent(what, state, "user_id")
        event.userID = sql
        return event
    }

    /// All of them, by what is wrong.
    static let groups: [String: [BadEvent]] = [
        "kind": kinds, "payload": payloads, "url": urls, "due_at": dueAts, "argument": arguments,
    ]

    private static let kinds = [
        kind("unknown kind", "NW001", "'assigned_robot'"),
        kind("another case", "NW001", "'Assigned_Ticket'"),
        kind("account mail", "NW001", "'account_password_reset'"),
        kind("no kind", "NW002", "null"),
        kind("empty kind", "NW002", "''"),
    ]

    private static let payloads = [
        wholePayload("no payload", "NW002", "null::jsonb"),
        wholePayload("payload: array", "NW004", "'[]'::jsonb"),
        wholePayload("payload: string", "NW004", "'\"x\"'::jsonb"),
        wholePayload("payload: over 64 KiB", "NW008", "jsonb_build_object('subject', repeat('é', 32768))"),
        payload("missing key", "NW002", "subject", "- 'subject'"),
        payload("missing url", "NW002", "url", "- 'url'"),
        payload("no key at all", "NW002", "ticket_id", "- '{ticket_id,subject,url}'::text[]"),
        payload("empty required value", "NW002", "subject", "|| '{\"subject\": \"\"}'"),
        payload("blank required value", "NW002", "subject", "|| '{\"subject\": \" \\t\\r\\n\"}'"),
        payload("unknown key", "NW003", "colour", "|| '{\"colour\": \"red\"}'"),
        payload("a key of another kind", "NW003", "customer", "|| '{\"customer\": \"x\"}'"),
        payload("number", "NW004", "ticket_id", "|| '{\"ticket_id\": 7}'"),
        payload("null", "NW004", "subject", "|| '{\"subject\": null}'"),
        payload("array of strings", "NW004", "preview", "|| '{\"preview\": [\"x\"]}'"),
        payload("empty array", "NW004", "preview", "|| '{\"preview\": []}'"),
        payload("object", "NW004", "priority", "|| '{\"priority\": {}}'"),
        payload("boolean", "NW004", "priority", "|| '{\"priority\": true}'"),
    ]

    private static let urls =
        [
            "app.example.com/x", "/tickets/7", "//app.example.com", "ftp://app.example.com/", "javascript:alert(1)",
            "mailto:a@b.c", "https://", "https:///x", "https://?x", "https://ada@app.example.com/",
            "https://ada:pw@app.example.com/", "https://bank.example\\@evil.example/", "https://app.example.com/a b",
            " https://app.example.com/", "https://app.example.com/\\u00a0", "https://app.example.com/\\n",
            "https://app.example.com/\\u0001", "https://app.example.com/\\u2028", "https://app.example.com/\\u202e",
            "https://app.example.com/\\u007f", "https://app\\u3000.example.com/", "https://.example.com/",
            "https://app.example.com:port/", "https://[::1/", "https://app.example.com/<b>",
            "https://app.example.com/\\u0022x",
        ]
        .map { url($0, "NW004", "'\"\($0.replacing("\\@", with: "\\\\@"))\"'::jsonb") }
        + [url("2,001 characters", "NW008", "'https://app.example.com/' || repeat('x', 1977)")]

    private static let dueAts = [
        "tomorrow", "now", "infinity", "2026-03-01", "2026-03-01T09:00:00", "2026-03-01 09:00:00+01",
        "2026-02-29T09:00:00Z", "2026-13-01T09:00:00Z", "2026-00-01T09:00:00Z", "2026-04-31T09:00:00Z",
        "2026-03-01T25:00:00Z", "2026-03-01T09:60:00Z", "2026-03-01T09:00:00 Europe/Berlin", "2026-03-01T09:00:00CET",
        "2026-03-01T09:00:00+25:00", "0000-03-01T09:00:00Z", "20260301T090000Z", "1 March 2026 9:00 UTC", " ",
        "2026-03-01T09:00:00Z ", "1772355600",
    ]
    .map(dueAt)

    private static let arguments = [
        user("no user", "NW002", "null"),
        user("unknown user", "NW005", "'\(nobody)'"),
        argument("not a member", "NW006", "organization_id", ("organization_id", "'\(globex)'", "uuid")),
        argument("no such organisation", "NW006", "organization_id", ("organization_id", "'\(nobody)'", "uuid")),
        argument("empty dedupe key", "NW004", "dedupe_key", ("dedupe_key", "''", "text")),
        argument("long dedupe key", "NW008", "dedupe_key", ("dedupe_key", "repeat('é', 256)", "text")),
        argument("send at infinity", "NW007", "send_at", ("send_at", "'infinity'", "timestamptz")),
        argument("send at -infinity", "NW007", "send_at", ("send_at", "'-infinity'", "timestamptz")),
        argument("send in 6 years", "NW007", "send_at", ("send_at", "now() + interval '6 years'", "timestamptz")),
        argument("expires at infinity", "NW007", "expires_at", ("expires_at", "'infinity'", "timestamptz")),
        argument(
            "expires in 6 years", "NW007", "expires_at", ("expires_at", "now() + interval '6 years'", "timestamptz")),
        argument("expired already", "NW007", "expires_at", ("expires_at", "now() - interval '1 s'", "timestamptz")),
        argument(
            "expires when sent", "NW007", "expires_at",
            ("send_at", "now() + interval '1 h'", "timestamptz"),
            ("expires_at", "now() + interval '1 h'", "timestamptz")),
        argument(
            "expires before sent", "NW007", "expires_at",
            ("send_at", "now() + interval '2 h'", "timestamptz"),
            ("expires_at", "now() + interval '1 h'", "timestamptz")),
    ]
}
