internal import Foundation
package import PostgresClient

/// What a signed-out user sees and does through the link in a mail. The token says who, which switch, which event.
package struct UnsubscribeStore: Sendable {
    private let pool: ConnectionPool
    private let preferences: PreferenceStore

    package init(_ pool: ConnectionPool, preferences: PreferenceStore) {
        self.pool = pool
        self.preferences = preferences
    }

    /// What the page says. Reading it changes nothing.
    package struct Page: Sendable, Hashable {
        package let locale: String
        /// Nil where the event belongs to none, or is too long ago to tell.
        package let organizationName: String?
        package let isEnabled: Bool
        /// This very link turned the switch off less than 24 hours ago, and nobody has touched it since.
        package let mayUndo: Bool
    }

    /// Nil for a user who is gone: no mail will come either.
    package func page(for token: UnsubscribeToken) async throws -> Page? {
        try await pool.withConnection { connection in
            let rows = try connection.run(
                PreferenceStatements.unsubscribePage, [token.userID, token.emailSwitch.rawValue, token.eventID])
            guard !rows.isEmpty else { return nil }
            return Page(
                locale: try rows.string(0, 0), organizationName: try rows.optionalString(0, 1),
                isEnabled: try rows.bool(0, 2), mayUndo: try rows.bool(0, 3))
        }
    }

    /// Turns the token's switch off; nothing to do where it is off already or the user is gone.
    package func unsubscribe(_ token: UnsubscribeToken) async throws {
        _ = try await preferences.apply(
            PreferenceChange(
                userID: token.userID, switches: [token.emailSwitch: false],
                actor: .unsubscribe(eventID: token.eventID)))
    }

    /// Turns it on again; false when it is too late or something else has changed it since.
    package func undo(_ token: UnsubscribeToken) async throws -> Bool {
        try await pool.withConnection { connection in
            try connection.run(
                PreferenceStatements.undoUnsubscribe, [token.userID, token.emailSwitch.rawValue, token.eventID]
            )
            .bool(0, 0)
        }
    }
}
