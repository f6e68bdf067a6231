import Hummingbird
import NotifyCore
import PostgresClient
import TestSupport
import Testing

@testable import NotifyAPI

@Suite("Sessions of users whom a service has logged in")
struct SessionTests {
    @Test(
        "A session opens what is the user's own, for an hour unless told otherwise",
        arguments: [nil, 60, 86_400] as [Int?])
    func lifetime(seconds: Int?) async throws {
        try await withAPI { api in
            let key = try await api.key([.users])
            let answer = try await api.send(
                .post, "/v1/users/\(ada)/sessions", as: key.token, seconds.map { #"{"lifetime_seconds":\#($0)}"# })
            #expect(answer.status == 201)
            #expect(answer["token"]?.hasPrefix("nws_") == true)
            #expect(try await api.send(.get, "/v1/me", as: answer["token"])["user_id"] == ada)
            let left = try await api.database.value(
                "select round(extract(epoch from expires_at - created_at)) from notify.sessions")
            #expect(left == "\(seconds ?? 3_600)")
        }
    }

    @Test(
        "Another lifetime, a wrong type or an unknown member is refused, and nothing is opened",
        arguments: [
            #"{"lifetime_seconds":59}"#, #"{"lifetime_seconds":86401}"#, #"{"lifetime_seconds":"60"}"#, #"{"x":1}"#,
            "[]", #"{"lifetime_seconds":60.5}"#,
        ])
    func refused(body: String) async throws {
        try await withAPI { api in
            let key = try await api.key([.users])
            #expect(try await api.send(.post, "/v1/users/\(ada)/sessions", as: key.token, body).status == 422)
            #expect(try await api.database.value("select count(*) from notify.sessions") == "0")
        }
    }

    @Test("Nobody is logged in who is unknown or not active")
    func unknown() async throws {
        try await withAPI { api in
            let key = try await api.key([.users])
            try await api.database.execute("update notify.users set is_active = false where id = '\(bob)'")
            for user in [nobody, bob] {
                let answer = try await api.send(.post, "/v1/users/\(user)/sessions", as: key.token)
                #expect(answer.outcome == "404 not_found")
            }
        }
    }

    @Test("Ending one session leaves the user's others; ending all ends those of this user")
    func end() async throws {
        try await withAPI { api in
            let key = try await api.key([.users])
            let first = try await api.session(of: ada, openedWith: key)
            let second = try await api.session(of: ada, openedWith: key)
            let other = try await api.session(of: bob, openedWith: key)
            #expect(try await api.send(.delete, "/v1/me/session", as: first).status == 204)
            #expect(try await api.send(.get, "/v1/me", as: first).outcome == "401 ended_session")
            #expect(try await api.send(.get, "/v1/me", as: second).status == 200)
            #expect(try await api.send(.delete, "/v1/users/\(ada)/sessions", as: key.token).status == 204)
            #expect(try await api.send(.get, "/v1/me", as: second).outcome == "401 ended_session")
            #expect(try await api.send(.get, "/v1/me", as: other).status == 200)
        }
    }

    @Test("A revoked key is of no use from that moment on, nor is a session that it opened")
    func revoked() async throws {
        try await withAPI { api in
            let key = try await api.key([.users])
            let session = try await api.session(of: ada, openedWith: key)
            let other = try await api.session(of: ada)
            #expect(try await api.send(.get, "/v1/me", as: session).status == 200)
            try await api.revoke(key)
            #expect(try await api.send(.get, "/v1/users/\(ada)", as: key.token).outcome == "401 revoked_token")
            #expect(try await api.send(.get, "/v1/me", as: session).outcome == "401 ended_session")
            #expect(try await api.send(.get, "/v1/me", as: other).status == 200)
        }
    }

    @Test("A session that is asked for while the key is being revoked is refused as the key is")
    func revokedMeanwhile() async throws {
        try await withAPI { api in
            let key = try await api.key([.users])
            let request = try await api.database.withConnection { connection in
                try connection.execute("begin; select notify.revoke_api_key(\(key.id))")
                let request = Task { try await api.send(.post, "/v1/users/\(ada)/sessions", as: key.token) }
                try connection.wait(
                    until: """
                        select exists (
                            select from pg_stat_activity
                            where datname = current_database() and wait_event_type = 'Lock' and pid <> pg_backend_pid()
                        )
                        """)
                try connection.execute("commit")
                return request
            }
            #expect(try await request.value.outcome == "401 revoked_token")
            #expect(try await api.database.value("select count(*) from notify.sessions") == "0")
        }
    }

    @Test("An id with more behind it leads nowhere", arguments: ["%00", "%00x", "x", "%20", "%2F"])
    func idAndMore(rest: String) async throws {
        try await withAPI { api in
            let key = try await api.key([.users])
            #expect(try await api.send(.get, "/v1/users/\(ada)", as: key.token).status == 200)
            #expect(try await api.send(.get, "/v1/users/\(ada)\(rest)", as: key.token).status == 404)
            #expect(try await api.send(.delete, "/v1/users/\(ada)\(rest)", as: key.token).status == 404)
            #expect(try await api.send(.get, "/v1/users/\(ada)", as: key.token).status == 200)
        }
    }

    @Test("When a key was last used is written at most once a minute")
    func lastUsed() async throws {
        try await withAPI { api in
            let key = try await api.key([.users])
            let lastUsed = "select last_used_at from notify.api_keys"
            #expect(try await api.database.value(lastUsed) == nil)
            _ = try await api.send(.get, "/v1/users/\(ada)", as: key.token)
            let first = try await api.database.value(lastUsed)
            #expect(first != nil)
            for _ in 1...5 { _ = try await api.send(.get, "/v1/users/\(ada)", as: key.token) }
            #expect(try await api.database.value(lastUsed) == first)
            try await api.database.execute(
                "update notify.api_keys set last_used_at = last_used_at - interval '61 seconds'")
            _ = try await api.send(.get, "/v1/users/\(ada)", as: key.token)
            let isNew = try await api.database.value("select last_used_at > '\(first ?? "")' from notify.api_keys")
            #expect(isNew == "true")
        }
    }

    @Test("Only hashes of tokens are stored")
    func hashes() async throws {
        try await withAPI { api in
            let key = try await api.key()
            let session = try await api.session(of: ada, openedWith: key)
            let rows = try await api.database.column(
                "select to_jsonb(k)::text from notify.api_keys k union all select to_jsonb(s)::text from notify.sessions s"
            )
            for secret in [key.token.dropFirst(8), session.dropFirst(8)] {
                #expect(!rows.contains { $0?.contains(secret) == true })
            }
            let stored = try await api.database.value(
                "select token_hash = sha256('\(key.token)'::bytea) from notify.api_keys")
            #expect(stored == "true")
        }
    }
}
