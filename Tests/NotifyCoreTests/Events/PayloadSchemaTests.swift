import NotifyCore
import Templates
import Testing

@Suite("The schema of a payload")
struct PayloadSchemaTests {
    /// The contract's table, written out again.
    static let contract: [(EventKind, required: [String], optional: [String])] = [
        (.assignedConversation, ["conversation_id", "subject", "url"], ["assigned_by", "customer", "preview"]),
        (.assignedTicket, ["ticket_id", "subject", "url"], ["assigned_by", "priority", "due_at", "preview"]),
        (.conversationNote, ["conversation_id", "note_id", "subject", "author", "note", "url"], []),
        (.assignedReminder, ["reminder_id", "title", "url"], ["due_at", "assigned_by", "note"]),
        (.assignedInquiry, ["inquiry_id", "subject", "url"], ["assigned_by", "customer", "message"]),
    ]

    static func value(_ field: String) -> String {
        switch field {
        case "url": "https://app.example.com/1"
        case "due_at": "2026-11-27T09:00:00+01:00"
        default: "some text"
        }
    }

    static func payload(_ fields: [String]) -> [String: String] {
        Dictionary(uniqueKeysWithValues: fields.map { ($0, value($0)) })
    }

    @Test("Every kind has a schema that follows the contract", arguments: EventKind.allCases)
    func contract(_ kind: EventKind) throws {
        let entry = try #require(Self.contract.first { $0.0 == kind })
        let schema = PayloadSchema.of(kind)
        let full = Self.payload(entry.required + entry.optional)
        #expect(schema.problem(in: full) == nil)
        #expect(schema.problem(in: Self.payload(entry.required)) == nil)
        for field in entry.required {
            #expect(schema.problem(in: full.filter { $0.key != field }) == .missing(field: field))
            #expect(schema.problem(in: full.merging([field: ""]) { $1 }) == .empty(field: field))
        }
        for field in entry.optional {
            #expect(schema.problem(in: full.merging([field: ""]) { $1 }) == nil)
        }
        #expect(schema.problem(in: full.merging(["zzz": "", "Subject": "x"]) { $1 }) == .unknownKey("Subject"))
        #expect(schema.problem(in: full.merging(["url": "javascript:alert(1)"]) { $1 }) == .badURL(field: "url"))
        if entry.optional.contains("due_at") {
            #expect(schema.problem(in: full.merging(["due_at": "tomorrow"]) { $1 }) == .badTimestamp(field: "due_at"))
        }
        #expect(kind.object.idField == entry.required[0])
        let promised = try #require(KindContract.events.first { $0.kind == kind.rawValue })
        #expect(promised.required == Set(entry.required) && promised.optional == Set(entry.optional))
    }

    @Test("A problem's description shows a hostile key without its controls, cut")
    func hostileKey() {
        let key = "a\r\nb\u{202E}" + String(repeating: "x", count: 500)
        let description = PayloadProblem.unknownKey(key).description
        #expect(description.hasPrefix("abxxx"))
        #expect(description.count < 100)
    }

    @Test(
        "A URL is absolute, http or https, with a host and without userinfo",
        arguments: [
            ("https://example.com", true), ("http://example.com:8080/a?b=c#d", true), ("HTTPS://EXAMPLE.COM/", true),
            ("https://[2001:db8::1]/x", true), ("https://例え.jp/パス", true), ("https://example.com/@jane", true),
            ("https://example.com?to=a@b", true), ("http://localhost:3000/t/1", true), ("", false), ("https://", false),
            ("https:///path", false), ("https://?q", false), ("https://:80/", false), ("example.com/x", false),
            ("//example.com", false), ("/tickets/1", false), ("ftp://example.com", false),
            ("mailto:a@b.example", false),
            ("javascript://example.com/%0aalert(1)", false), ("https://joe@example.com", false),
            ("https://joe:pw@example.com/", false), ("https://bank.example\\@evil.example/", false),
            ("https://example.com/a b", false), (" https://example.com", false), ("https://example.com/\n", false),
            ("https://example.com/\u{7F}", false), ("https://example.com/\u{3000}x", false),
            ("https://example.com/\u{A0}", false),
        ])
    func url(_ text: String, _ isValid: Bool) {
        #expect(WebLink.isValid(text) == isValid)
    }

    @Test("A URL has at most 2,000 characters, of any width")
    func urlBound() {
        let start = "https://example.com/"
        #expect(WebLink.isValid(start + String(repeating: "x", count: 2_000 - start.count)))
        #expect(!WebLink.isValid(start + String(repeating: "x", count: 2_001 - start.count)))
        #expect(WebLink.isValid(start + String(repeating: "あ", count: 2_000 - start.count)))
        #expect(!WebLink.isValid(start + String(repeating: "あ", count: 2_001 - start.count)))
    }

    @Test(
        "A time is ISO 8601 with a zone",
        arguments: [
            ("2026-11-27T09:00:00Z", true), ("2026-11-27t09:00z", true), ("2026-11-27 09:00:00+01", true),
            ("2026-11-27T09:00:00.123456-0530", true), ("2024-02-29T23:59:60+05:45", true),
            ("2026-01-01T24:00:00Z", true),
            ("2026-11-27T09:00:00", false), ("2026-11-27", false), ("2026-02-29T00:00:00Z", false),
            ("2100-02-29T00:00:00Z", false), ("2000-02-29T00:00:00Z", true), ("2026-13-01T00:00:00Z", false),
            ("2026-00-01T00:00:00Z", false), ("2026-11-31T00:00:00Z", false), ("2026-11-27T24:01:00Z", false),
            ("2026-11-27T09:60:00Z", false), ("2026-11-27T09:00:61Z", false), ("2026-11-27T09:00:00.Z", false),
            ("2026-11-27T09:00:00+15:59", true), ("2026-11-27T09:00:00+16:00", false),
            ("2026-11-27T09:00:00+25:00", false), ("2026-11-27T09:00:00+01:60", false), ("tomorrow", false),
            ("infinity", false), ("2026-11-27T09:00:00 Europe/Berlin", false), ("2026-11-27T09:00:00ZZ", false),
            ("20261127T090000Z", false), ("2026-11-27T09:00:00+1", false), ("２０２６-11-27T09:00:00Z", false),
        ])
    func timestamp(_ text: String, _ isValid: Bool) {
        #expect((ZonedTimestamp(iso8601: text) != nil) == isValid)
    }
}
