import Foundation
import Hummingbird
import NotifyCore
import PostgresClient

/// The host's organisations and who belongs to them.
struct OrganizationEndpoints {
    let store: DirectoryStore

    var all: [Endpoint] {
        let organization = "/v1/organizations/{organization_id}"
        let members = "\(organization)/members"
        let member = "\(members)/{user_id}"
        return [
            Endpoint(.put, organization, .service(.users), respond: upsert),
            Endpoint(.get, organization, .service(.users), respond: show),
            Endpoint(.delete, organization, .service(.users), respond: remove),
            Endpoint(.get, members, .service(.users), parameters: Query.paging, respond: listMembers),
            Endpoint(.put, member, .service(.users), respond: addMember),
            Endpoint(.get, member, .service(.users), respond: showMember),
            Endpoint(.delete, member, .service(.users), respond: removeMember),
        ]
    }

    private func upsert(_ call: APICall) async throws -> Response {
        let id = try call.pathUUID("organization_id")
        var body = try ObjectReader(try await call.json())
        let name = try body.requiredString("name")
        try body.finish()
        do {
            return try Self.response(try await store.upsertOrganization(id, name: name))
        } catch let error as PostgresError {
            throw Problem(error, id: "organization_id") ?? error
        }
    }

    private func show(_ call: APICall) async throws -> Response {
        try Self.response(try await store.organization(try call.pathUUID("organization_id")))
    }

    private func remove(_ call: APICall) async throws -> Response {
        guard try await store.removeOrganization(try call.pathUUID("organization_id")) else { throw Self.unknown }
        return .noContent
    }

    private func listMembers(_ call: APICall) async throws -> Response {
        let id = try call.pathUUID("organization_id")
        let limit = try call.query.integer("limit", in: 1...1_000, default: 100)
        var after: UUID?
        if let parts = try call.query.cursor() {
            guard parts.count == 1, let userID = UUID(canonical: String(parts[0])) else { throw Query.badCursor() }
            after = userID
        }
        guard try await store.organization(id) != nil else { throw Self.unknown }
        let members = try await store.members(of: id, after: after, limit: limit + 1)
        let page = members.prefix(limit)
        return .json(.ok) { json in
            json.name("members")
            json.array(page) { json, member in json.object { $0.members(of: member) } }
            json.member(
                "next_cursor",
                members.count > limit ? page.last.map { Query.cursorText($0.userID.lowercaseText) } : nil)
        }
    }

    private func addMember(_ call: APICall) async throws -> Response {
        let id = try call.pathUUID("organization_id")
        let userID = try call.pathUUID("user_id")
        var role: String?
        if let json = try await call.optionalJSON() {
            var body = try ObjectReader(json)
            role = try body.string("role")
            try body.finish()
        }
        do {
            return try Self.response(try await store.addMember(userID, to: id, role: role))
        } catch let error as PostgresError where error.sqlState == "NW004" && error.column == "organization_id" {
            throw Self.unknown
        } catch let error as PostgresError where error.sqlState == "NW005" {
            throw Problem.unknownUser
        }
    }

    private func showMember(_ call: APICall) async throws -> Response {
        try Self.response(
            try await store.member(try call.pathUUID("user_id"), of: try call.pathUUID("organization_id")))
    }

    /// Also where there was none: what the caller wants is so.
    private func removeMember(_ call: APICall) async throws -> Response {
        try await store.removeMember(try call.pathUUID("user_id"), from: try call.pathUUID("organization_id"))
        return .noContent
    }

    private static func response(_ organization: OrganizationRecord?) throws(Problem) -> Response {
        guard let organization else { throw unknown }
        return .json(.ok) { json in
            json.member("organization_id", organization.id.lowercaseText)
            json.member("name", organization.name)
            json.member("created_at", organization.createdAt)
            json.member("updated_at", organization.updatedAt)
        }
    }

    private static func response(_ member: MemberRecord?) throws(Problem) -> Response {
        guard let member else { throw .notFound("This organisation has no such member.") }
        return .json(.ok) { $0.members(of: member) }
    }

    private static var unknown: Problem { .notFound("No organisation has this id.") }
}

extension JSONWriter {
    fileprivate mutating func members(of member: MemberRecord) {
        self.member("user_id", member.userID.lowercaseText)
        self.member("role", member.role)
        self.member("created_at", member.createdAt)
    }
}
