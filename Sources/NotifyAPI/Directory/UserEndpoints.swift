import Foundation
import Hummingbird
import NotifyCore
import PostgresClient

/// The host's users.
struct UserEndpoints {
    let store: DirectoryStore

    var all: [Endpoint] {
        [
            Endpoint(.put, "/v1/users/{user_id}", .service(.users), respond: upsert),
            Endpoint(.get, "/v1/users/{user_id}", .service(.users)) { [self] call in
                try await show(try call.pathUUID("user_id"))
            },
            Endpoint(.delete, "/v1/users/{user_id}", .service(.users), respond: remove),
            Endpoint(.get, "/v1/me", .user) { [self] call in try await show(call.userID) },
        ]
    }

    private func upsert(_ call: APICall) async throws -> Response {
        let id = try call.pathUUID("user_id")
        var body = try ObjectReader(try await call.json())
        let email = try body.requiredString("email")
        let displayName = try body.string("display_name") ?? ""
        let locale = try body.string("locale")
        let timeZone = try body.string("time_zone")
        try body.finish()
        do {
            let user = try await store.upsertUser(
                id, email: email, displayName: displayName, locale: locale, timeZone: timeZone)
            return try Self.response(user)
        } catch let error as PostgresError {
            throw Problem(error, id: "user_id") ?? error
        }
    }

    private func show(_ id: UUID) async throws -> Response {
        try Self.response(try await store.user(id))
    }

    private func remove(_ call: APICall) async throws -> Response {
        guard try await store.removeUser(try call.pathUUID("user_id")) else { throw Problem.unknownUser }
        return .noContent
    }

    private static func response(_ user: UserRecord?) throws(Problem) -> Response {
        guard let user else { throw .unknownUser }
        return .json(.ok) { json in
            json.member("user_id", user.id.lowercaseText)
            json.member("email", user.email)
            json.member("display_name", user.displayName)
            json.member("locale", user.locale)
            json.member("time_zone", user.timeZone)
            json.member("is_active", user.isActive)
            json.member("has_credentials", user.hasCredentials)
            json.member("created_at", user.createdAt)
            json.member("updated_at", user.updatedAt)
        }
    }
}
