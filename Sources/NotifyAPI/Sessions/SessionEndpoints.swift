import Hummingbird
import NotifyCore
import PostgresClient

/// Sessions of users whom the host product has logged in.
struct SessionEndpoints {
    let store: SessionStore

    /// Long enough for a visit, short enough that a lost token soon is worthless.
    private static let usualLifetime: Int64 = 3_600

    var all: [Endpoint] {
        [
            Endpoint(.post, "/v1/users/{user_id}/sessions", .service(.users), respond: open),
            Endpoint(.delete, "/v1/users/{user_id}/sessions", .service(.users), respond: endAll),
            Endpoint(.delete, "/v1/me/session", .user, respond: end),
        ]
    }

    private func open(_ call: APICall) async throws -> Response {
        let userID = try call.pathUUID("user_id")
        var lifetime = Self.usualLifetime
        if let json = try await call.optionalJSON() {
            var body = try ObjectReader(json)
            lifetime = try body.integer("lifetime_seconds", in: SessionStore.lifetimeBoundsInSeconds) ?? lifetime
            try body.finish()
        }
        let session: SessionStore.Opened
        do {
            session = try await store.open(for: userID, apiKeyID: call.apiKeyID, lifetime: .seconds(lifetime))
        } catch let error as PostgresError where error.sqlState == "NW005" {
            throw Problem.notFound("No active user has this id.")
        } catch let error as PostgresError where error.sqlState == "NW004" && error.column == "api_key_id" {
            // Revoked since it was let in: says so.
            try await call.recheck()
            throw error
        }
        return .json(.created) { json in
            json.member("token", session.token.text)
            json.member("expires_at", session.expiresAt)
        }
    }

    private func endAll(_ call: APICall) async throws -> Response {
        try await store.end(of: try call.pathUUID("user_id"))
        return .noContent
    }

    private func end(_ call: APICall) async throws -> Response {
        try await store.end(of: call.userID, sessionID: call.session.id)
        return .noContent
    }
}
