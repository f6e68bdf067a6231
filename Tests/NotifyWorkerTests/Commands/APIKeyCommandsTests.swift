import Foundation
import NotifyCore
import PostgresClient
import TestSupport
import Testing

@Suite("The api-key commands", .timeLimit(.minutes(3)))
struct APIKeyCommandsTests {
    private func run(_ arguments: [String], _ database: TestDatabase) async throws -> Command.Output {
        try await Program.run(["api-key"] + arguments, settings: ["NOTIFY_DATABASE_URL": database.url()])
    }

    @Test("A key is shown once when it is made, listed without its secret, revoked once")
    func life() async throws {
        try await withTestDatabase(.oneUser) { database in
            let none = try await run(["list"], database)
            #expect(none.standardOutput.contains("notify-worker api-key create"))
            let created = try await run(
                ["create", "shop backend", "--scope", "users", "--scope", "events", "--expires-in-days", "90"], database
            )
            #expect(created.status == 0)
            let token = created.standardOutput.trimmingCharacters(in: .newlines)
            #expect(AccessToken(parsing: token)?.use == .apiKey)
            #expect(created.standardError.contains("Key 1."))
            let stored = try await database.value(
                """
                select concat_ws(' ', name, scopes, token_hash = sha256('\(token)'::bytea),
                    round(extract(epoch from expires_at - created_at) / 86400))
                from notify.api_keys
                """)
            #expect(stored == "shop backend {events,users} t 90")

            let list = try await run(["list"], database)
            #expect(list.standardOutput.contains("shop backend"))
            #expect(list.standardOutput.contains("events,users"))
            #expect(list.standardOutput.contains("active"))
            #expect(!list.standardOutput.contains(token.dropFirst(10)))

            #expect(try await run(["revoke", "1"], database).standardOutput == "Key 1 is revoked.\n")
            let again = try await run(["revoke", "1"], database)
            #expect(again.status == 1)
            #expect(again.standardError.contains("no key in use has the id 1"))
            let json = (try await run(["list", "--json"], database).json() as? [[String: Any]])?.first
            #expect(json?["state"] as? String == "revoked")
            #expect(json?["scopes"] as? [String] == ["events", "users"])
        }
    }

    @Test("A program reads id and token as JSON")
    func json() async throws {
        try await withTestDatabase(.oneUser) { database in
            let created = try await run(["create", "sync", "--scope", "users", "--json"], database)
            let object = try #require(try created.json() as? [String: Any])
            #expect(object["id"] as? Int == 1)
            #expect(AccessToken(parsing: object["token"] as? String ?? "") != nil)
        }
    }

    struct Refused: Sendable {
        let arguments: [String]
        var status: Int32 = 64
    }

    static let refused = [
        Refused(arguments: ["create", "x"]), Refused(arguments: ["create", "x", "--scope", "all"]),
        Refused(arguments: ["create", "--scope", "users"]),
        Refused(arguments: ["create", "x", "--scope", "users", "--expires-in-days", "0"]),
        Refused(arguments: ["create", "x", "--scope", "users", "--expires-in-days", "3651"]),
        Refused(arguments: ["create", " ", "--scope", "users"], status: 1),
        Refused(arguments: ["create", String(repeating: "x", count: 101), "--scope", "users"], status: 1),
        Refused(arguments: ["revoke", "x"]), Refused(arguments: ["revoke"]),
    ]

    @Test("A command that makes no sense is refused and makes nothing", arguments: refused)
    func refusal(example: Refused) async throws {
        try await withTestDatabase(.oneUser) { database in
            let output = try await run(example.arguments, database)
            #expect(output.status == example.status, "\(output.standardError)")
            #expect(!output.standardError.isEmpty)
            #expect(!output.standardOutput.contains("nwk_"))
            #expect(try await database.value("select count(*) from notify.api_keys") == "0")
        }
    }
}
