import Hummingbird
import NotifyCore
import TestSupport
import Testing

@testable import NotifyAPI

@Suite("Users, organisations and members over HTTP")
struct DirectoryEndpointTests {
    private func withToken(_ body: (TestAPI, String) async throws -> Void) async throws {
        try await withAPI { api in try await body(api, try await api.key([.users]).token) }
    }

    @Test("A user is made, read, changed and removed; what is not given has its default")
    func user() async throws {
        try await withToken { api, token in
            let path = "/v1/users/\(nobody)"
            #expect(try await api.send(.get, path, as: token).outcome == "404 not_found")
            let made = try await api.send(.put, path, as: token, #"{"email":"new@example.com"}"#)
            #expect(made.status == 200)
            #expect(made["user_id"] == nobody)
            #expect(made["locale"] == "en")
            #expect(made["time_zone"] == "UTC")
            #expect(made["display_name"] == "")
            let changed = try await api.send(
                .put, path, as: token,
                #"{"email":"New@example.com","display_name":"Zoë 😀","locale":"pt-BR","time_zone":"Europe/Berlin"}"#)
            #expect(changed["email"] == "New@example.com")
            #expect(changed["display_name"] == "Zoë 😀")
            #expect(changed["created_at"] == made["created_at"])
            #expect(try await api.send(.get, path, as: token).body == changed.body)
            #expect(
                try await api.send(.get, path.uppercased().replacing("/V1/USERS", with: "/v1/users"), as: token).body
                    == changed.body)
            #expect(try await api.send(.delete, path, as: token).status == 204)
            #expect(try await api.send(.delete, path, as: token).outcome == "404 not_found")
        }
    }

    @Test("Removing a user takes feed, switches, memberships and sessions along")
    func removal() async throws {
        try await withToken { api, token in
            let session = try await api.session(of: ada)
            try await api.database.execute("select notify.enqueue('assigned_ticket', '\(ada)', '\(ticket)')")
            #expect(try await api.send(.delete, "/v1/users/\(ada)", as: token).status == 204)
            for table in ["notifications", "email_preferences", "memberships", "sessions"] {
                let left = try await api.database.value("select count(*) from notify.\(table) where user_id = '\(ada)'")
                #expect(left == "0", "\(table)")
            }
            #expect(try await api.send(.get, "/v1/me", as: session).outcome == "401 unknown_token")
            #expect(
                try await api.send(.put, "/v1/users/\(ada)", as: token, #"{"email":"ada@example.com"}"#).status == 200)
        }
    }

    @Test(
        "What the directory's functions refuse is refused here, with the field",
        arguments: [
            ("{}", "422 missing_field", "email"), (#"{"email":""}"#, "422 missing_field", "email"),
            (#"{"email":"x"}"#, "422 invalid_value", "email"), (#"{"email":1}"#, "422 invalid_value", "email"),
            (#"{"email":"BOB@example.com"}"#, "409 address_in_use", "email"),
            (#"{"email":"a@example.com","locale":"x y"}"#, "422 invalid_value", "locale"),
            (#"{"email":"a@example.com","time_zone":"Mars/Base"}"#, "422 invalid_value", "time_zone"),
            (#"{"email":"a@example.com","id":"x"}"#, "422 unknown_field", "id"),
            (#"{"email":"a\u000d\u000a@example.com"}"#, "422 invalid_value", "email"),
        ])
    func refusedUser(body: String, outcome: String, field: String) async throws {
        try await withToken { api, token in
            let before = try await api.contents()
            let answer = try await api.send(.put, "/v1/users/\(ada)", as: token, body)
            #expect(answer.outcome == outcome, "\(answer.body)")
            #expect(answer["field"] == field)
            #expect(try await api.contents() == before)
        }
    }

    @Test("An id that cannot be used is refused by the name that it has in the path")
    func unusableIDs() async throws {
        try await withToken { api, token in
            try await api.database.execute("insert into notify.deleted_users (id) values ('\(nobody)')")
            let answer = try await api.send(.put, "/v1/users/\(nobody)", as: token, #"{"email":"a@example.com"}"#)
            #expect(answer.outcome == "409 account_deleted")
            #expect(answer["field"] == "user_id")
            #expect(answer["detail"] == "user_id is the id of a deleted account and cannot be used again")
            for id in ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"] {
                let reserved = try await api.send(.put, "/v1/organizations/\(id)", as: token, #"{"name":"A"}"#)
                #expect(reserved.outcome == "422 invalid_value")
                #expect(reserved["field"] == "organization_id")
                #expect(reserved["detail"] == "organization_id is reserved")
            }
        }
    }

    @Test("An organisation is made, read, renamed and removed, with its memberships")
    func organization() async throws {
        try await withToken { api, token in
            let path = "/v1/organizations/\(nobody)"
            let before = try await api.send(.get, path, as: token)
            #expect(before.outcome == "404 not_found")
            for name in ["A", "B"] {
                let answer = try await api.send(.put, path, as: token, #"{"name":"\#(name)"}"#)
                #expect(answer["name"] == name)
            }
            let joined = try await api.send(.put, "\(path)/members/\(ada)", as: token, "{}")
            #expect(joined.status == 200)
            let removed = try await api.send(.delete, path, as: token)
            #expect(removed.status == 204)
            let members = try await api.send(.get, "\(path)/members", as: token)
            #expect(members.outcome == "404 not_found")
            let left = "select count(*) from notify.memberships where organization_id = '\(nobody)'"
            #expect(try await api.database.value(left) == "0")
        }
    }

    @Test("Members join with a role, agent unless told otherwise, and leave; leaving twice is no error")
    func members() async throws {
        try await withToken { api, token in
            let member = "/v1/organizations/\(globex)/members/\(ada)"
            #expect(try await api.send(.get, member, as: token).outcome == "404 not_found")
            #expect(try await api.send(.put, member, as: token, "{}")["role"] == "agent")
            #expect(try await api.send(.put, member, as: token, #"{"role":"owner"}"#)["role"] == "owner")
            #expect(try await api.send(.get, member, as: token)["role"] == "owner")
            let bad = try await api.send(.put, member, as: token, #"{"role":"king"}"#)
            #expect(bad.outcome == "422 invalid_value")
            #expect(bad["field"] == "role")
            #expect(try await api.send(.delete, member, as: token).status == 204)
            #expect(try await api.send(.delete, member, as: token).status == 204)
            let unknown = "/v1/organizations/\(globex)/members/\(nobody)"
            #expect(try await api.send(.put, unknown, as: token, "{}").outcome == "404 not_found")
            let nowhere = "/v1/organizations/\(nobody)/members/\(ada)"
            #expect(try await api.send(.put, nowhere, as: token, "{}").outcome == "404 not_found")
        }
    }

    @Test("The members of an organisation come in pages, by their ids")
    func memberPages() async throws {
        try await withToken { api, token in
            try await api.database.execute(
                """
                select notify.upsert_user(id, id || '@example.com', ''), notify.add_member('\(globex)', id)
                from (select ('30000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid id
                      from generate_series(1, 5) n) s
                """)
            var seen: [String] = []
            var path: String? = "/v1/organizations/\(globex)/members?limit=2"
            while let next = path {
                let answer = try await api.send(.get, next, as: token)
                let members = try answer.object["members"] as? [[String: Any]] ?? []
                #expect(members.count <= 2)
                seen += members.compactMap { $0["user_id"] as? String }
                path = answer["next_cursor"].map { "/v1/organizations/\(globex)/members?limit=2&cursor=\($0)" }
            }
            #expect(seen == (1...5).map { "30000000-0000-4000-8000-00000000000\($0)" })
        }
    }
}
