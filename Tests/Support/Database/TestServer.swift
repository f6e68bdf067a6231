package import DevPostgres
import Glibc
import PostgresClient
import Synchronization

/// The PostgreSQL server of this test process: private, on a Unix socket, started by the first test that wants it.
///
/// There is no way to point the tests at another server, so none can be emptied by mistake. At the end of the process it
/// is stopped and its folder removed, by `atexit`; if the process is killed, by the server's supervisor.
package enum TestServer {
    private static let running = Mutex<DevPostgres?>(nil)
    private static let started = Task {
        try await onThread {
            var configuration = DevPostgres.Configuration.temporary
            configuration.settings["max_prepared_transactions"] = "20"
            let server = try DevPostgres(configuration)
            running.withLock { $0 = server }
            atexit { TestServer.running.withLock { $0 }?.stop() }
            return server
        }
    }
    private static let admin = Task {
        ConnectionPool(
            try await shared().conninfo(), configuration: .init(name: "test-admin", size: 4, waitTimeout: .seconds(120))
        )
    }

    package static func shared() async throws -> DevPostgres {
        try await started.value
    }

    /// Runs statements as the superuser in the server's own database, such as CREATE DATABASE.
    static func administer(_ statements: String...) async throws {
        try await admin.value.withConnection { connection in
            for statement in statements { try connection.execute(statement) }
        }
    }
}

/// A server that no test has used before, for what the first migration of a cluster does: roles belong to all databases.
package func withFreshServer<Result: Sendable>(
    _ body: @escaping @Sendable (_ conninfo: (_ database: String, _ user: String) -> String) throws -> Result
) async throws -> Result {
    try await onThread {
        let server = try DevPostgres(.temporary)
        defer { server.stop() }
        return try body { server.conninfo(database: $0, user: $1) }
    }
}
