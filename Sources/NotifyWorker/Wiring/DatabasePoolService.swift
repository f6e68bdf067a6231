import PostgresClient
import ServiceLifecycle

/// Keeps the API's connections for as long as its group runs. First in the group, so stopped when the API has answered.
struct DatabasePoolService: Service {
    let pool: ConnectionPool

    func run() async throws {
        try? await gracefulShutdown()
        await pool.stop()
    }
}
