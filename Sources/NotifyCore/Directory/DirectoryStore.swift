package import Foundation
package import PostgresClient

/// Users, organisations and members, through the same SQL functions that a host calls: what is refused there is refused
/// here, with an error of class NW.
package struct DirectoryStore: Sendable {
    private let pool: ConnectionPool

    package init(_ pool: ConnectionPool) {
        self.pool = pool
    }

    package func upsertUser(
        _ id: UUID, email: String, displayName: String, locale: String?, timeZone: String?
    ) async throws -> UserRecord? {
        try await pool.withConnection { connection in
            _ = try connection.run(DirectoryStatements.upsertUser, [id, email, displayName, locale, timeZone])
            return try Self.user(id, connection)
        }
    }

    package func user(_ id: UUID) async throws -> UserRecord? {
        try await pool.withConnection { connection in try Self.user(id, connection) }
    }

    /// False when there was no such user.
    package func removeUser(_ id: UUID) async throws -> Bool {
        try await pool.withConnection { try $0.run(DirectoryStatements.removeUser, [id]).bool(0, 0) }
    }

    package func upsertOrganization(_ id: UUID, name: String) async throws -> OrganizationRecord? {
        try await pool.withConnection { connection in
            _ = try connection.run(DirectoryStatements.upsertOrganization, [id, name])
            return try Self.organization(id, connection)
        }
    }

    package func organization(_ id: UUID) async throws -> OrganizationRecord? {
        try await pool.withConnection { connection in try Self.organization(id, connection) }
    }

    package func removeOrganization(_ id: UUID) async throws -> Bool {
        try await pool.withConnection { try $0.run(DirectoryStatements.removeOrganization, [id]).bool(0, 0) }
    }

    /// By the users' ids, those after `userID`. Empty too for an organisation that is not there.
    package func members(of organizationID: UUID, after userID: UUID?, limit: Int) async throws -> [MemberRecord] {
        try await pool.withConnection { connection in
            let rows = try connection.run(DirectoryStatements.members, [organizationID, userID, limit])
            return try (0..<rows.count).map { try Self.member(rows, $0) }
        }
    }

    package func member(_ userID: UUID, of organizationID: UUID) async throws -> MemberRecord? {
        try await pool.withConnection { connection in try Self.member(userID, organizationID, connection) }
    }

    package func addMember(_ userID: UUID, to organizationID: UUID, role: String?) async throws -> MemberRecord? {
        try await pool.withConnection { connection in
            _ = try connection.run(DirectoryStatements.addMember, [organizationID, userID, role])
            return try Self.member(userID, organizationID, connection)
        }
    }

    package func removeMember(_ userID: UUID, from organizationID: UUID) async throws {
        try await pool.withConnection { _ = try $0.run(DirectoryStatements.removeMember, [organizationID, userID]) }
    }

    private static func user(_ id: UUID, _ connection: PostgresConnection) throws -> UserRecord? {
        let rows = try connection.run(DirectoryStatements.user, [id])
        guard !rows.isEmpty else { return nil }
        return UserRecord(
            id: id, email: try rows.string(0, 0), displayName: try rows.string(0, 1), locale: try rows.string(0, 2),
            timeZone: try rows.string(0, 3), isActive: try rows.bool(0, 4), hasCredentials: try rows.bool(0, 5),
            createdAt: try rows.moment(0, 6), updatedAt: try rows.moment(0, 7))
    }

    private static func organization(_ id: UUID, _ connection: PostgresConnection) throws -> OrganizationRecord? {
        let rows = try connection.run(DirectoryStatements.organization, [id])
        guard !rows.isEmpty else { return nil }
        return OrganizationRecord(
            id: id, name: try rows.string(0, 0), createdAt: try rows.moment(0, 1), updatedAt: try rows.moment(0, 2))
    }

    private static func member(
        _ userID: UUID, _ organizationID: UUID, _ connection: PostgresConnection
    ) throws -> MemberRecord? {
        let rows = try connection.run(DirectoryStatements.member, [organizationID, userID])
        return rows.isEmpty ? nil : try member(rows, 0)
    }

    private static func member(_ rows: Rows, _ row: Int) throws -> MemberRecord {
        MemberRecord(userID: try rows.uuid(row, 0), role: try rows.string(row, 1), createdAt: try rows.moment(row, 2))
    }
}

/// The statements behind the directory.
enum DirectoryStatements {
    static let upsertUser = Statement(
        name: "upsert_user",
        sql: """
            select notify.upsert_user($1::uuid, $2::text, $3::text, coalesce($4::text, 'en'), coalesce($5::text, 'UTC'))
            """)
    static let user = Statement(
        name: "read_user",
        sql: """
            select email, display_name, locale, time_zone, is_active, has_credentials, created_at, updated_at
            from notify.users where id = $1::uuid
            """)
    static let removeUser = Statement(name: "remove_user", sql: "select notify.remove_user($1::uuid)")
    static let upsertOrganization = Statement(
        name: "upsert_organization", sql: "select notify.upsert_organization($1::uuid, $2::text)")
    static let organization = Statement(
        name: "read_organization",
        sql: "select name, created_at, updated_at from notify.organizations where id = $1::uuid")
    static let removeOrganization = Statement(
        name: "remove_organization", sql: "select notify.remove_organization($1::uuid)")
    static let members = Statement(
        name: "list_members",
        sql: """
            select user_id, role, created_at from notify.memberships
            where organization_id = $1::uuid and ($2::uuid is null or user_id > $2)
            order by user_id limit $3::bigint
            """)
    static let member = Statement(
        name: "read_member",
        sql: """
            select user_id, role, created_at from notify.memberships
            where organization_id = $1::uuid and user_id = $2::uuid
            """)
    static let addMember = Statement(
        name: "add_member", sql: "select notify.add_member($1::uuid, $2::uuid, coalesce($3::text, 'agent'))")
    static let removeMember = Statement(
        name: "remove_member", sql: "select notify.remove_member($1::uuid, $2::uuid)")
}
