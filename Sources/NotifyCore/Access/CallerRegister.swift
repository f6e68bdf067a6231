internal import Foundation
package import PostgresClient

/// Finds out who is behind a token. Nothing is cached: a key that was revoked is refused from that moment on.
package struct CallerRegister: Sendable {
    private let batcher: QueryBatcher<[UInt8], Result<Caller, TokenRefusal>>

    package init(_ pool: ConnectionPool) {
        batcher = QueryBatcher(pool) { hashes, connection in
            let rows = try connection.run(AccessStatements.findCallers, [Set(hashes).map { Bytes($0) }])
            var found: [[UInt8]: Result<Caller, TokenRefusal>] = [:]
            for row in 0..<rows.count { found[try rows.bytes(row, 0)] = try Self.finding(rows, row) }
            return hashes.map { found[$0] ?? .failure(.unknown) }
        }
    }

    /// - Throws: `PostgresError` when the database cannot be asked.
    package func caller(presenting token: AccessToken) async throws -> Result<Caller, TokenRefusal> {
        try await batcher.run(token.hash)
    }

    private static func finding(_ rows: Rows, _ row: Int) throws -> Result<Caller, TokenRefusal> {
        if let problem = try rows.optionalString(row, 5) {
            guard let refusal = TokenRefusal(rawValue: problem) else {
                throw PostgresError(.decoding, "notify.find_callers refused a token as “\(problem)”, unknown here")
            }
            return .failure(refusal)
        }
        if let keyID = try rows.optionalInt64(row, 1) {
            let scopes = try rows.stringArray(row, 2).compactMap(APIKeyScope.init)
            return .success(.service(apiKeyID: keyID, scopes: Set(scopes)))
        }
        return .success(.user(try rows.uuid(row, 4), sessionID: try rows.int64(row, 3)))
    }
}

/// The statements behind keys and sessions.
enum AccessStatements {
    static let findCallers = Statement(
        name: "find_callers",
        sql: """
            select token_hash, api_key_id, scopes, session_id, user_id, problem
            from notify.find_callers($1::bytea[])
            """)
    static let createAPIKey = Statement(
        name: "create_api_key",
        sql: """
            select notify.create_api_key($1::text, $2::bytea, $3::text, $4::text[],
                case when $5::double precision is not null then clock_timestamp() + $5 * interval '1 second' end)
            """)
    static let listAPIKeys = Statement(
        name: "list_api_keys",
        sql: """
            select id, name, hint, scopes, created_at, expires_at, last_used_at, revoked_at,
                case
                    when revoked_at is not null then 'revoked'
                    when expires_at <= clock_timestamp() then 'expired'
                    else 'active'
                end
            from notify.api_keys order by id
            """)
    static let revokeAPIKey = Statement(name: "revoke_api_key", sql: "select notify.revoke_api_key($1::bigint)")
    static let createSession = Statement(
        name: "create_session",
        sql: "select notify.create_session($1::uuid, $2::bytea, $3::bigint, $4::double precision * interval '1 second')"
    )
    static let endSessions = Statement(
        name: "end_sessions", sql: "select notify.end_sessions($1::uuid, $2::bigint)")
}
