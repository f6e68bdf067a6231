import Foundation
import Testing

@testable import SMTPSender

@Suite("The fixture of real events")
struct EventFixtureTests {
    struct Event: Decodable {
        let kind: String
        let userID: String
        let payload: [String: String]

        private enum CodingKeys: String, CodingKey {
            case kind, payload
            case userID = "user_id"
        }
    }

    struct Directory: Decodable {
        struct User: Decodable {
            let id: String
            let email: String
            let displayName: String
            let requiresSMTPUTF8: Bool

            private enum CodingKeys: String, CodingKey {
                case id, email
                case displayName = "display_name"
                case requiresSMTPUTF8 = "requires_smtputf8"
            }
        }

        let users: [User]
    }

    /// Required, then optional keys (docs/sql.md).
    static let keys: [String: (required: Set<String>, optional: Set<String>)] = [
        "assigned_conversation": (["conversation_id", "subject", "url"], ["assigned_by", "customer", "preview"]),
        "assigned_ticket": (["ticket_id", "subject", "url"], ["assigned_by", "priority", "due_at", "preview"]),
        "conversation_note": (["conversation_id", "note_id", "subject", "author", "note", "url"], []),
        "assigned_reminder": (["reminder_id", "title", "url"], ["due_at", "assigned_by", "note"]),
        "assigned_inquiry": (["inquiry_id", "subject", "url"], ["assigned_by", "customer", "message"]),
    ]

    let events: [Event]
    let users: [String: Directory.User]

    init() throws {
        let lines = try Data(contentsOf: Repository.fixtures.appending(path: "events.jsonl")).split(separator: 0x0A)
        events = try lines.map { try JSONDecoder().decode(Event.self, from: $0) }
        let directory = try JSONDecoder()
            .decode(
                Directory.self, from: Data(contentsOf: Repository.fixtures.appending(path: "users.json"))
            )
        users = Dictionary(uniqueKeysWithValues: directory.users.map { ($0.id, $0) })
    }

    @Test("It has a thousand events and more, evenly of the five kinds, with the keys of the contract")
    func shape() throws {
        #expect(events.count >= 1_000)
        #expect(users.count >= 40)
        for (kind, keys) in Self.keys {
            let ofKind = events.filter { $0.kind == kind }
            #expect(ofKind.count * 5 == events.count)
            for event in ofKind {
                let present = Set(event.payload.keys)
                #expect(keys.required.isSubset(of: present))
                #expect(present.isSubset(of: keys.required.union(keys.optional)))
                #expect(keys.required.allSatisfy { event.payload[$0] != "" })
                #expect(users[event.userID] != nil)
            }
        }
    }

    @Test("Its files are what its script makes")
    func isCurrent() async throws {
        let output = FileManager.default.temporaryDirectory.appending(path: "fixture-\(UUID().uuidString).txt")
        defer { try? FileManager.default.removeItem(at: output) }
        let report = try await Python.run("make-event-fixture.py", ["--check"], outputTo: output)
        #expect(report.exitCode == 0, "\(report.output)")
    }

    @Test("Every event as a mail is read back by Python as it went in")
    func readBack() async throws {
        var reader = MailReader()
        for (index, event) in events.enumerated() {
            let user = try #require(users[event.userID])
            let address = try EmailAddress(parsing: user.email)
            #expect(address.requiresSMTPUTF8 == user.requiresSMTPUTF8)
            var draft = Draft()
            draft.from.name = event.payload["assigned_by"] ?? event.payload["author"] ?? ""
            draft.to = Draft.Party(name: user.displayName, address: address.wireForm)
            draft.subject = event.payload["subject"] ?? event.payload["title"] ?? ""
            draft.text = event.payload.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)\n" }.joined()
            draft.html = "<p>" + event.payload.values.sorted().joined(separator: "</p>\n<p>") + "</p>\n"
            draft.references = ["thread-\(index % 90)@notify.example.com"]
            try reader.add("\(index)", draft)
        }
        let report = try await reader.report()
        #expect(report.exitCode == 0, "\(report.output.prefix(2_000))")
        #expect(report.output.hasSuffix("\(events.count) mails read, 0 faults\n"))
    }
}
