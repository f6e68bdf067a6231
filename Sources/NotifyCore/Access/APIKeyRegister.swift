package import PostgresClient
import Threads

/// Makes, lists and revokes API keys: what the commands do, over a connection with an operator's rights.
package struct APIKeyRegister {
    private let connection: PostgresConnection

    package init(_ connection: PostgresConnection) {
        self.connection = connection
    }

    package struct Entry: Sendable, Encodable {
        package let id: Int64
        package let name: String
        /// The token's first characters.
        package let hint: String
        package let scopes: [String]
        package let createdAt: Moment
        package let expiresAt: Moment?
        /// To within a minute.
        package let lastUsedAt: Moment?
        package let revokedAt: Moment?
        /// `active`, `expired` or `revoked`, by the database's clock.
        package let state: String
    }

    /// Stores a new key's hash. The token itself is nowhere but in the result: it is shown once.
    package func create(
        name: String, scopes: Set<APIKeyScope>, lifetime: Duration?
    ) throws(PostgresError) -> (id: Int64, token: AccessToken) {
        let token = AccessToken(for: .apiKey)
        let rows = try connection.run(
            AccessStatements.createAPIKey,
            [name, Bytes(token.hash), token.hint, scopes.map(\.rawValue).sorted(), lifetime?.inSeconds])
        return (try rows.int64(0, 0), token)
    }

    package func list() throws(PostgresError) -> [Entry] {
        let rows = try connection.run(AccessStatements.listAPIKeys)
        var entries: [Entry] = []
        for row in 0..<rows.count {
            entries.append(
                Entry(
                    id: try rows.int64(row, 0), name: try rows.string(row, 1), hint: try rows.string(row, 2),
                    scopes: try rows.stringArray(row, 3), createdAt: try rows.moment(row, 4),
                    expiresAt: try rows.optionalMoment(row, 5), lastUsedAt: try rows.optionalMoment(row, 6),
                    revokedAt: try rows.optionalMoment(row, 7), state: try rows.string(row, 8)))
        }
        return entries
    }

    /// From this moment on, with every session opened by it. False when there is no such key in use.
    package func revoke(_ id: Int64) throws(PostgresError) -> Bool {
        try connection.run(AccessStatements.revokeAPIKey, [id]).bool(0, 0)
    }
}
