import PostgresClient
import TestSupport
import Testing

@Suite("A connection")
struct ConnectionTests {
    @Test("A new connection is usable, direct, writable and knows its server")
    func fresh() async throws {
        try await withTestDatabase { database in
            try await database.withConnection { connection in
                #expect(connection.isUsable)
                #expect(!connection.isBehindPooler)
                #expect(connection.isInRecovery == false)
                #expect(connection.isReadOnly == false)
                #expect(connection.serverVersion >= 140_000)
                try #expect(connection.run(Statement("show client_encoding")).string(0, 0) == "UTF8")
            }
        }
    }
}
