package import Foundation
package import PostgresClient
import Threads

/// Opens and ends users' sessions.
package struct SessionStore: Sendable {
    /// As `notify.create_session` has it.
    package static let lifetimeBoundsInSeconds: ClosedRange<Int64> = 60...86_400

    private let pool: ConnectionPool

    package init(_ pool: ConnectionPool) {
        self.pool = pool
    }

    package struct Opened: Sendable {
        package let token: AccessToken
        package let expiresAt: Moment
    }

    /// A session for a user whom the holder of the key has logged in.
    ///
    /// - Throws: `PostgresError` with NW005 for a user who is unknown or not active, NW004 for a lifetime out of bounds.
    package func open(for userID: UUID, apiKeyID: Int64, lifetime: Duration) async throws -> Opened {
        let token = AccessToken(for: .session)
        return try await pool.withConnection { connection in
            let rows = try connection.run(
                AccessStatements.createSession, [userID, Bytes(token.hash), apiKeyID, lifetime.inSeconds])
            return Opened(token: token, expiresAt: try rows.moment(0, 0))
        }
    }

    /// Ends one session, or all of a user.
    package func end(of userID: UUID, sessionID: Int64? = nil) async throws {
        try await pool.withConnection { _ = try $0.run(AccessStatements.endSessions, [userID, sessionID]) }
    }
}
