import Foundation
import NotifyCore
import PostgresClient
import TestSupport

/// The events of `Tests/Fixtures`, in the file's order. Each line is an element of `notify.enqueue_many`'s array.
struct EventFixture: Sendable {
    struct Event: Sendable, Decodable {
        let kind: String
        let userID: String
        let payload: [String: String]

        private enum CodingKeys: String, CodingKey {
            case kind, payload
            case userID = "user_id"
        }
    }

    struct User: Sendable, Decodable {
        let id: String
        let email: String
        /// Only a relay with SMTPUTF8 can carry the address.
        let requiresSMTPUTF8: Bool

        private enum CodingKeys: String, CodingKey {
            case id, email
            case requiresSMTPUTF8 = "requires_smtputf8"
        }
    }

    private struct Directory: Decodable {
        let users: [User]
    }

    static let folder = Checkout.root.appending(path: "Tests/Fixtures")
    static let usersFile = folder.appending(path: "users.json")

    private(set) var lines: [String]
    private(set) var events: [Event]
    private let users: [String: User]

    init() throws {
        let decoder = JSONDecoder()
        // At LF only: the values hold U+2028 and U+0085.
        let data = try Data(contentsOf: Self.folder.appending(path: "events.jsonl")).split(separator: 0x0A)
        lines = data.map { String(decoding: $0, as: UTF8.self) }
        events = try data.map { try decoder.decode(Event.self, from: $0) }
        let directory = try decoder.decode(Directory.self, from: Data(contentsOf: Self.usersFile))
        users = Dictionary(uniqueKeysWithValues: directory.users.map { ($0.id, $0) })
    }

    /// The first event of each kind, one for each international user, and the `count` most hostile of the rest.
    func sample(_ count: Int) -> EventFixture {
        var chosen = Set(events.indices.reversed().reduce(into: [:]) { $0[events[$1].kind] = $1 }.values)
        for user in users.values where user.requiresSMTPUTF8 {
            chosen.formUnion(events.firstIndex { $0.userID == user.id }.map { [$0] } ?? [])
        }
        let scores = events.map(Hostility.score)
        let ranked = events.indices.sorted { (scores[$0], $1) > (scores[$1], $0) }
        let others = ranked.lazy.filter { [chosen] in !chosen.contains($0) }
        chosen.formUnion(Array(others.prefix(count)))
        return choosing(chosen.sorted())
    }

    /// Some events in the file's order, of users whose addresses any relay can carry.
    func plain(_ range: Range<Int>) -> EventFixture {
        let plain = events.indices.filter { users[events[$0].userID]?.requiresSMTPUTF8 == false }
        return choosing(Array(plain[range]))
    }

    private func choosing(_ indices: [Int]) -> EventFixture {
        var chosen = self
        chosen.lines = indices.map { lines[$0] }
        chosen.events = indices.map { events[$0] }
        return chosen
    }

    /// Whom each event goes to.
    var recipients: [User] { events.compactMap { users[$0.userID] } }

    /// Enqueues all in one call; ids in the order of `events`.
    func enqueue(in database: TestDatabase) async throws -> [Int64] {
        let array = "[" + lines.joined(separator: ",") + "]"
        return try await database.withConnection { try EventProducer($0).enqueueMany(array) }
    }
}

/// How much of what breaks mail programs an event has in it.
private enum Hostility {
    private static let traps = [
        "\n.", "\r", "\u{1B}", "\u{202E}", "\u{2028}", "\u{85}", "\u{200D}", "\nFrom ", "\n--", "=?", "{{", "<", "\"",
        "\t", "'", "://", "Bcc:", " \n",
    ]
    .map { Data($0.utf8) }

    static func score(_ event: EventFixture.Event) -> Int {
        let text = Data(event.payload.values.joined(separator: "\n").utf8)
        let longestLine = text.split(separator: 0x0A).map(\.count).max() ?? 0
        let trapCount = traps.count { text.range(of: $0) != nil }
        return trapCount + (longestLine > 998 ? 3 : 0) + (text.count > 60_000 ? 10 : 0)
    }
}

extension DatabaseTemplate {
    /// The schema with the fixture's users in their organisations.
    static let fixtureDirectory = DatabaseTemplate("fixture_directory") { conninfo in
        let connection = try PostgresConnection(conninfo)
        defer { connection.close() }
        _ = try Migrator(connection).migrate()
        let directory = JSONText(try String(contentsOf: EventFixture.usersFile, encoding: .utf8))
        for step in [
            """
            select notify.upsert_organization((o ->> 'id')::uuid, o ->> 'name')
            from jsonb_array_elements($1::jsonb -> 'organizations') o
            """,
            """
            select notify.upsert_user(
                (u ->> 'id')::uuid, u ->> 'email', u ->> 'display_name', u ->> 'locale', u ->> 'time_zone')
            from jsonb_array_elements($1::jsonb -> 'users') u
            """,
            """
            select notify.add_member(o::uuid, (u ->> 'id')::uuid)
            from jsonb_array_elements($1::jsonb -> 'users') u, jsonb_array_elements_text(u -> 'organization_ids') o
            """,
        ] { _ = try connection.run(Statement(step), [directory]) }
    }
}
