import DevPostgres
import Glibc
import Synchronization

/// A PgBouncer in front of the test server, for what must also work, or be refused, behind a pooler.
package final class TestPooler: Sendable {
    package enum Mode: String, Sendable, CaseIterable {
        case transaction, session
    }

    private static let program = "/usr/sbin/pgbouncer"
    /// Debian's package `pgbouncer`; `make test` installs it.
    package static let isInstalled = access(program, X_OK) == 0

    private let folder: String
    private let process: SupervisedProcess

    /// `NOTIFY_TEST_POOLER=pgbouncer` sends the tests of the queue, the worker and the binary through one, but for what
    /// says that it needs a session (`TestDatabase.direct`).
    package static let isWanted = getenv("NOTIFY_TEST_POOLER").map { strcmp($0, "pgbouncer") == 0 } ?? false

    private static let running = Mutex<TestPooler?>(nil)
    private static let started = Task {
        let pooler = try await start(.transaction, poolSize: 20)
        running.withLock { $0 = pooler }
        atexit { TestPooler.running.withLock { $0 }?.stop() }
        return pooler
    }

    /// One for the whole test process, in transaction mode.
    static func shared() async throws -> TestPooler {
        try await started.value
    }

    /// Starts one with so many connections to the server for each user of a database, and returns when it takes
    /// connections.
    package static func start(_ mode: Mode, poolSize: Int = 2) async throws -> TestPooler {
        let server = try await TestServer.shared()
        return try await onThread { try TestPooler(mode, poolSize: poolSize, before: server) }
    }

    private init(_ mode: Mode, poolSize: Int, before server: DevPostgres) throws {
        let account = try ServerAccount.forServers()
        folder = try SupervisedProcess.makeFolder(prefix: "notify-pooler", account: account)
        let settings = """
            [databases]
            * = host=\(server.socketFolder) port=\(server.port)
            [pgbouncer]
            auth_type = trust
            auth_user = postgres
            auth_query = select rolname, '' from pg_roles where rolname = $1
            unix_socket_dir = \(folder)
            listen_port = 6432
            pool_mode = \(mode.rawValue)
            default_pool_size = \(poolSize)
            max_client_conn = 1000
            server_idle_timeout = 5
            server_reset_query_always = 0
            """
        let file = "\(folder)/pgbouncer.ini"
        try settings.write(to: file)
        var command = SupervisedProcess.Command([Self.program, file], account: account)
        command.removedAfterwards = [folder]
        process = try SupervisedProcess(command) { $0.contains("process up") }
    }

    package func conninfo(_ database: TestDatabase, user: String = "postgres") -> String {
        "host='\(folder)' port=6432 dbname='\(database.name)' user='\(user)'"
    }

    func url(_ database: TestDatabase, user: String) -> String {
        "postgresql://\(user)@/\(database.name)?host=\(folder)&port=6432"
    }

    /// Meanwhile it answers nobody; the kernel still takes connections for it.
    package func whileFrozen<Result>(_ body: () async throws -> Result) async rethrows -> Result {
        kill(-process.processID, SIGSTOP)
        defer { kill(-process.processID, SIGCONT) }
        return try await body()
    }

    package func stop() {
        process.stop()
    }
}

extension String {
    fileprivate func write(to path: String) throws {
        guard let file = fopen(path, "we") else { throw DevPostgresError.system("cannot write \(path)", errno: errno) }
        defer { fclose(file) }
        fputs(self, file)
    }
}
