package import Foundation

/// A user as the host's directory told us, and what has become of the address since.
package struct UserRecord: Sendable {
    package let id: UUID
    package let email: String
    package let displayName: String
    package let locale: String
    package let timeZone: String
    package let isActive: Bool
    /// Signs in here with credentials of their own: the address is then theirs to change.
    package let hasCredentials: Bool
    package let createdAt: Moment
    package let updatedAt: Moment
}

package struct OrganizationRecord: Sendable {
    package let id: UUID
    package let name: String
    package let createdAt: Moment
    package let updatedAt: Moment
}

package struct MemberRecord: Sendable {
    package let userID: UUID
    package let role: String
    package let createdAt: Moment
}
