import Glibc

/// A private PostgreSQL server in a folder, for the demo and the tests. It is gone when this process is, even killed.
///
/// It listens on a Unix socket that only this user and root can reach, and on a loopback port if asked to, with a
/// password. All calls block: not for the cooperative pool.
package final class DevPostgres: Sendable {
    package struct Configuration: Sendable {
        /// Where the files stay; `nil` for a folder under /tmp that goes with the server.
        package var folder: String?
        /// Whether the data survives a crash of the machine. Without, tests run several times as fast.
        package var isDurable: Bool
        package var maximumConnections: Int
        /// Also on 127.0.0.1, on a free port.
        package var listensOnLoopback: Bool
        /// More settings of postgresql.conf.
        package var settings: [String: String]

        /// For tests: fast and forgotten. `synchronous_commit` stays on, so that order and visibility are the real ones.
        package static let temporary = Configuration(folder: nil, isDurable: false, maximumConnections: 200)

        /// For the demo: in a folder that is used again the next time.
        package static func lasting(_ folder: String) -> Configuration {
            Configuration(folder: folder, isDurable: true, maximumConnections: 100)
        }

        package init(
            folder: String?, isDurable: Bool, maximumConnections: Int, listensOnLoopback: Bool = false,
            settings: [String: String] = [:]
        ) {
            self.folder = folder
            self.isDurable = isDurable
            self.maximumConnections = maximumConnections
            self.listensOnLoopback = listensOnLoopback
            self.settings = settings
        }
    }

    /// What a person should know, such as where the files are if not where they should be.
    package let notes: [String]
    /// The folder of the server's socket, which is also a `host` for libpq.
    package let socketFolder: String
    package let port: Int
    /// The superuser's, wanted on the loopback port only.
    package let password: String
    package let folder: String
    private let process: SupervisedProcess
    private let lock: FolderLock?

    /// Makes the cluster if there is none, starts the server, and returns when it takes connections.
    package init(_ configuration: Configuration) throws(DevPostgresError) {
        let installation = try PostgresInstallation.find()
        let folder: ServerFolder
        if let path = configuration.folder {
            folder = try .lasting(at: path)
            lock = try FolderLock(folder.root)
        } else {
            lock = nil
            folder = try .temporary()
        }
        do {
            try Cluster(installation: installation, folder: folder).prepare()
        } catch {
            if folder.isTemporary { _ = try? SupervisedProcess.run(["/bin/rm", "-rf", folder.root]) }
            throw error
        }
        port = configuration.listensOnLoopback ? try Self.freePort() : 5432
        notes = folder.notes
        socketFolder = folder.sockets
        self.folder = folder.root
        password = FileSystem.contents(of: folder.passwordFile)?.filter { !$0.isNewline } ?? ""
        let settings = Self.settings(configuration, port: port, sockets: folder.sockets)
        let arguments = settings.sorted { $0.key < $1.key }.flatMap { ["-c", "\($0.key)=\($0.value)"] }
        var command = SupervisedProcess.Command(
            [installation.server, "-D", folder.data] + arguments, account: folder.account)
        // INT ends all sessions and writes a checkpoint; QUIT does neither, and nobody will miss it.
        command.stopSignal = folder.isTemporary ? "QUIT" : "INT"
        command.removedAfterwards = folder.removedAfterwards
        process = try SupervisedProcess(command, logFile: folder.log) { line in
            line.hasSuffix("database system is ready to accept connections")
        }
    }

    /// A connection string over the socket.
    package func conninfo(database: String = "postgres", user: String = "postgres") -> String {
        "host='\(socketFolder)' port=\(port) dbname='\(database)' user='\(user)'"
    }

    /// The same as a URI, for people and for settings.
    package func url(database: String = "postgres", user: String = "postgres") -> String {
        "postgresql://\(user)@/\(database)?host=\(socketFolder)&port=\(port)"
    }

    /// A URI over TCP, with the password, for a server that listens on loopback.
    package func loopbackURL(database: String = "postgres") -> String {
        "postgresql://postgres:\(password)@127.0.0.1:\(port)/\(database)"
    }

    /// The last lines of the server's log.
    package var logTail: String { process.logTail }

    /// Ends the server and returns when it is gone. A second call does nothing.
    package func stop() {
        process.stop()
        lock?.release()
    }

    private static func settings(_ configuration: Configuration, port: Int, sockets: String) -> [String: String] {
        var settings = [
            "listen_addresses": configuration.listensOnLoopback ? "127.0.0.1" : "",
            "port": String(port),
            "unix_socket_directories": sockets,
            "max_connections": String(configuration.maximumConnections),
            "log_destination": "stderr", "logging_collector": "off", "lc_messages": "C",
            "timezone": "UTC", "log_timezone": "UTC",
        ]
        if !configuration.isDurable {
            let fast = [
                "fsync": "off", "full_page_writes": "off", "synchronous_commit": "on", "wal_level": "minimal",
                "max_wal_senders": "0", "max_wal_size": "2GB", "jit": "off",
            ]
            settings.merge(fast) { $1 }
        }
        return settings.merging(configuration.settings) { $1 }
    }

    /// The kernel's choice. Somebody may take it before the server does; then that does not start, and says why.
    package static func freePort() throws(DevPostgresError) -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw .system("cannot create a socket", errno: errno) }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let failed = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) != 0 || getsockname(descriptor, address, &length) != 0
            }
        }
        guard !failed else { throw .system("cannot find a free port", errno: errno) }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
