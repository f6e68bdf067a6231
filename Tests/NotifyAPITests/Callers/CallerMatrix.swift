import Hummingbird
import NotifyCore
import Testing

@testable import NotifyAPI

/// A route with one request that is right for it: the table that says who may make it and what comes of that.
struct MatrixRow: Sendable, CustomTestStringConvertible {
    enum Access: Sendable, Hashable {
        case anyone, user
        case scope(APIKeyScope)
    }

    let method: HTTPRequest.Method
    /// The route.
    let path: String
    let access: Access
    /// What the first caller gets who may.
    let status: Int
    /// What the next one gets: a service with more scopes, or the other user.
    let next: Int
    var body: String?
    var contentType: String

    init(
        _ method: HTTPRequest.Method, _ path: String, _ access: Access, _ status: Int, then next: Int? = nil,
        _ body: String? = nil, as contentType: String = "application/json"
    ) {
        self.method = method
        self.path = path
        self.access = access
        self.status = status
        self.next = next ?? status
        self.body = body
        self.contentType = contentType
    }

    var route: String { "\(method) \(path)" }
    var testDescription: String { route }

    static let all: [MatrixRow] = [
        MatrixRow(.get, "/healthz", .anyone, 200),
        MatrixRow(.get, "/readyz", .anyone, 200),
        MatrixRow(.get, "/openapi.yaml", .anyone, 200),
        MatrixRow(.get, "/preferences", .anyone, 200),
        MatrixRow(.get, "/u/{token}", .anyone, 200),
        MatrixRow(
            .post, "/u/{token}", .anyone, 200, "List-Unsubscribe=One-Click", as: "application/x-www-form-urlencoded"),

        MatrixRow(.post, "/v1/events", .scope(.events), 201, event()),
        MatrixRow(.post, "/v1/events/cancel", .scope(.events), 200, #"{"dedupe_key":"of-ada"}"#),
        MatrixRow(.get, "/v1/events/{event_id}", .scope(.events), 200),

        MatrixRow(.put, "/v1/users/{user_id}", .scope(.users), 200, #"{"email":"new@example.com"}"#),
        MatrixRow(.get, "/v1/users/{user_id}", .scope(.users), 200),
        MatrixRow(.delete, "/v1/users/{user_id}", .scope(.users), 204, then: 404),
        MatrixRow(.get, "/v1/me", .user, 200),

        MatrixRow(.put, "/v1/organizations/{organization_id}", .scope(.users), 200, #"{"name":"New"}"#),
        MatrixRow(.get, "/v1/organizations/{organization_id}", .scope(.users), 200),
        MatrixRow(.delete, "/v1/organizations/{organization_id}", .scope(.users), 204, then: 404),
        MatrixRow(.get, "/v1/organizations/{organization_id}/members", .scope(.users), 200),
        MatrixRow(
            .put, "/v1/organizations/{organization_id}/members/{user_id}", .scope(.users), 200, #"{"role":"owner"}"#),
        MatrixRow(.get, "/v1/organizations/{organization_id}/members/{user_id}", .scope(.users), 200),
        MatrixRow(.delete, "/v1/organizations/{organization_id}/members/{user_id}", .scope(.users), 204),

        MatrixRow(.get, "/v1/users/{user_id}/email-preferences", .scope(.users), 200),
        MatrixRow(
            .patch, "/v1/users/{user_id}/email-preferences", .scope(.users), 200,
            #"{"switches":{"assigned_tickets":false}}"#),
        MatrixRow(.get, "/v1/users/{user_id}/email-preferences/changes", .scope(.users), 200),
        MatrixRow(.get, "/v1/me/email-preferences", .user, 200),
        MatrixRow(.patch, "/v1/me/email-preferences", .user, 200, #"{"switches":{"assigned_tickets":false}}"#),
        MatrixRow(.get, "/v1/me/email-preferences/changes", .user, 200),

        MatrixRow(.post, "/v1/users/{user_id}/sessions", .scope(.users), 201),
        MatrixRow(.delete, "/v1/users/{user_id}/sessions", .scope(.users), 204),
        MatrixRow(.delete, "/v1/me/session", .user, 204),

        MatrixRow(.get, "/v1/me/notifications", .user, 200),
        MatrixRow(.get, "/v1/me/notifications/unread-count", .user, 200),
        MatrixRow(.post, "/v1/me/notifications/read", .user, 200),
        MatrixRow(.post, "/v1/me/notifications/{event_id}/read", .user, 200, then: 404),
    ]
}

/// Every kind of caller that there is.
enum MatrixCaller: Sendable, Hashable, CaseIterable {
    case nothing, garbage, unknownKey, unknownSession
    case events, users, queue, metrics, billing, allScopes
    case expiredKey, revokedKey
    case user, otherUser
    case endedSession, expiredSession, sessionOfRevokedKey, sessionOfInactiveUser, sessionOfRemovedUser

    enum Kind: Equatable {
        case unauthenticated
        case service(Set<APIKeyScope>)
        case user
    }

    var kind: Kind {
        switch self {
        case .events: .service([.events])
        case .users: .service([.users])
        case .queue: .service([.queue])
        case .metrics: .service([.metrics])
        case .billing: .service([.billing])
        case .allScopes: .service(Set(APIKeyScope.allCases))
        case .user, .otherUser: .user
        default: .unauthenticated
        }
    }

    /// Whether the table lets this caller in; if not, what they get.
    func refusal(by access: MatrixRow.Access) -> Int? {
        switch (access, kind) {
        case (.anyone, _), (.user, .user): nil
        case (_, .unauthenticated): 401
        case (.scope(let scope), .service(let scopes)): scopes.contains(scope) ? nil : 403
        case (.scope, .user), (.user, .service): 403
        }
    }
}
