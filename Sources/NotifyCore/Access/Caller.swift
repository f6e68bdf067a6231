package import Foundation

/// Who makes a request.
package enum Caller: Sendable, Hashable {
    case service(apiKeyID: Int64, scopes: Set<APIKeyScope>)
    case user(UUID, sessionID: Int64)
}

/// Why a token gives no access.
package enum TokenRefusal: String, Error, Sendable, CaseIterable {
    /// Nobody has, or had, this token.
    case unknown
    case expired
    /// An API key that was taken back.
    case revoked
    /// A session that was ended, or whose user is not active any more.
    case ended
}
