import Foundation
import Hummingbird
import NotifyCore

/// The five switches: for services by the user's id, for users their own.
struct PreferenceEndpoints {
    let store: PreferenceStore

    var all: [Endpoint] {
        [
            Endpoint(.get, "/v1/users/{user_id}/email-preferences", .service(.users)) { [self] call in
                try await show(try call.pathUUID("user_id"), call)
            },
            Endpoint(.patch, "/v1/users/{user_id}/email-preferences", .service(.users)) { [self] call in
                try await change(try call.pathUUID("user_id"), call)
            },
            Endpoint(.get, "/v1/users/{user_id}/email-preferences/changes", .service(.users), parameters: Query.paging)
            { [self] call in
                try await history(try call.pathUUID("user_id"), call)
            },
            Endpoint(.get, "/v1/me/email-preferences", .user) { [self] call in
                try await show(call.userID, call)
            },
            Endpoint(.patch, "/v1/me/email-preferences", .user) { [self] call in
                try await change(call.userID, call)
            },
            Endpoint(.get, "/v1/me/email-preferences/changes", .user, parameters: Query.paging) { [self] call in
                try await history(call.userID, call)
            },
        ]
    }

    private func show(_ userID: UUID, _ call: APICall) async throws -> Response {
        guard let preferences = try await store.preferences(of: userID) else { throw Problem.unknownUser }
        let tag = EntityTag(version: preferences.version)
        if tag.isMatched(by: call.request.headers[values: .ifNoneMatch]) {
            return Response(status: .notModified, headers: [.eTag: tag.text])
        }
        return Self.response(preferences)
    }

    private func change(_ userID: UUID, _ call: APICall) async throws -> Response {
        let expected = try EntityTag.expectation(call.request.headers[values: .ifMatch])
        var body = try ObjectReader(try await call.json())
        let switches = try PreferencePatch.switches(in: body.value("switches"))
        try body.finish()
        if case .none = expected { throw Self.changedMeanwhile }
        let change = PreferenceChange(
            userID: userID, switches: switches, expectedVersion: expected.version, actor: call.preferenceActor)
        switch try await store.apply(change) {
        case .done(let preferences): return Self.response(preferences)
        case .unknownUser: throw Problem.unknownUser
        case .versionMismatch: throw Self.changedMeanwhile
        }
    }

    private func history(_ userID: UUID, _ call: APICall) async throws -> Response {
        let limit = try call.query.integer("limit", in: 1...100, default: 20)
        var before: Int64?
        if let parts = try call.query.cursor() {
            guard parts.count == 1, let id = Int64(parts[0]) else { throw Query.badCursor() }
            before = id
        }
        guard try await store.preferences(of: userID) != nil else { throw Problem.unknownUser }
        let changes = try await store.history(of: userID, before: before, limit: limit + 1)
        let page = changes.prefix(limit)
        return .json(.ok) { json in
            json.name("changes")
            json.array(page) { json, change in
                json.object { json in
                    json.member("switch", change.emailSwitch)
                    json.member("enabled", change.enabled)
                    json.member("changed_at", change.changedAt)
                    json.member("via", change.via)
                    json.member("actor", change.actor)
                }
            }
            json.member("next_cursor", changes.count > limit ? page.last.map { Query.cursorText("\($0.id)") } : nil)
        }
    }

    private static let labels = String(
        decoding: JSONWriter.object { json in
            for emailSwitch in EmailSwitch.allCases { json.member(emailSwitch.rawValue, emailSwitch.label) }
        }, as: UTF8.self)

    private static func response(_ preferences: EmailPreferences) -> Response {
        var response = Response.json(.ok) { json in
            json.name("switches")
            json.object { json in
                for emailSwitch in EmailSwitch.allCases { json.member(emailSwitch.rawValue, preferences[emailSwitch]) }
            }
            json.name("labels")
            json.raw(labels)
        }
        response.headers[.eTag] = EntityTag(version: preferences.version).text
        return response
    }

    private static var changedMeanwhile: Problem {
        Problem(
            status: .preconditionFailed, code: .changedMeanwhile,
            detail: "The preferences are not those of If-Match any more. Read them again.")
    }
}
