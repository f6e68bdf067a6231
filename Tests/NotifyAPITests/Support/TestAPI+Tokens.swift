import Foundation
import Hummingbird
import NotifyCore
import PostgresClient
import TestSupport

@testable import NotifyAPI

extension TestAPI {
    struct Key: Sendable {
        let id: Int64
        let token: String
    }

    /// A new API key, made as an operator makes one.
    func key(_ scopes: Set<APIKeyScope> = Set(APIKeyScope.allCases), lifetime: Duration? = nil) async throws -> Key {
        try await database.withConnection { connection in
            try connection.execute("set role notify_operator")
            let (id, token) = try APIKeyRegister(connection).create(name: "test", scopes: scopes, lifetime: lifetime)
            return Key(id: id, token: token.text)
        }
    }

    /// Takes the key back, as an operator does.
    func revoke(_ key: Key) async throws {
        let isRevoked = try await database.withConnection { connection in
            try connection.execute("set role notify_operator")
            return try APIKeyRegister(connection).revoke(key.id)
        }
        guard isRevoked else { throw NotRevoked() }
    }

    struct NotRevoked: Error {}

    /// A new session's token. Opened over HTTP, by the key or by one made for it.
    func session(of user: String, openedWith key: Key? = nil) async throws -> String {
        var opener = key?.token
        if opener == nil { opener = try await self.key([.users]).token }
        let answer = try await send(.post, "/v1/users/\(user)/sessions", as: opener)
        guard let token = answer["token"] else { throw NoSession(answer: answer) }
        return token
    }

    struct NoSession: Error {
        let answer: Answer
    }

    /// A digest of every row that a request may change, but for when a key was last used.
    func contents() async throws -> [String] {
        let tables = [
            "users", "organizations", "memberships", "email_preferences", "email_preference_changes", "deleted_users",
            "events", "event_payloads", "notifications", "dedupe_keys", "idempotency_keys", "deliveries", "attempts",
            "dead_events", "sessions",
        ]
        let queries = tables.map {
            "select '\($0) ' || md5(coalesce(string_agg(t::text, '|' order by t::text), '')) from notify.\($0) t"
        }
        let keys = """
            select 'api_keys ' || md5(coalesce(string_agg(concat_ws(' ', id, scopes, expires_at, revoked_at), '|' order by id), ''))
            from notify.api_keys
            """
        return try await database.column((queries + [keys]).joined(separator: " union all ")).compactMap(\.self)
    }
}
