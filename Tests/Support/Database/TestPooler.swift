import DevPostgres
import Glibc

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

    /// Starts one, and returns when it takes connections.
    package static func start(_ mode: Mode) async throws -> TestPooler {
        let server = try await TestServer.shared()
        return try await onThread { try TestPooler(mode, before: server) }
    }

    private init(_ mode: Mode, before server: DevPostgres) throws {
        let account = try ServerAccount.forServers()
        folder = try SupervisedProcess.makeFolder(prefix: "notify-pooler", account: account)
        let settings = """
            [databases]
            * = host=\(server.socketFolder) port=\(server.port) user=postgres
            [pgbouncer]
            auth_type = any
            unix_socket_dir = \(folder)
            listen_port = 6432
            pool_mode = \(mode.rawValue)
            default_pool_size = 2
            server_reset_query_always = 0
            """
        let file = "\(folder)/pgbouncer.ini"
        try settings.write(to: file)
        var command = SupervisedProcess.Command([Self.program, file], account: account)
        command.removedAfterwards = [folder]
        process = try SupervisedProcess(command) { $0.contains("process up") }
    }

    package func conninfo(_ database: TestDatabase) -> String {
        "host='\(folder)' port=6432 dbname='\(database.name)' user='postgres'"
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
