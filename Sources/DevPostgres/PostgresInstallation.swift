import Glibc

/// The server programs of one PostgreSQL version on this machine.
struct PostgresInstallation {
    let binaries: String
    let majorVersion: Int

    var server: String { "\(binaries)/postgres" }
    var initdb: String { "\(binaries)/initdb" }

    /// The newest from version 14 on: Debian keeps each version in a folder of its own, outside PATH.
    static func find() throws(DevPostgresError) -> PostgresInstallation {
        let debian = "/usr/lib/postgresql"
        let versions = FileSystem.entries(of: debian).compactMap(Int.init).filter { $0 >= 14 }.sorted(by: >)
        for version in versions {
            let installation = PostgresInstallation(binaries: "\(debian)/\(version)/bin", majorVersion: version)
            if installation.isComplete { return installation }
        }
        let path = getenv("PATH").map { String(cString: $0) } ?? ""
        for folder in path.split(separator: ":") {
            guard access("\(folder)/initdb", X_OK) == 0, access("\(folder)/postgres", X_OK) == 0 else { continue }
            let (status, output) = try SupervisedProcess.run(["\(folder)/postgres", "--version"])
            guard status == 0, let version = majorVersion(in: output), version >= 14 else { continue }
            return PostgresInstallation(binaries: String(folder), majorVersion: version)
        }
        throw .notInstalled
    }

    private var isComplete: Bool {
        access(server, X_OK) == 0 && access(initdb, X_OK) == 0
    }

    /// From `postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)`.
    static func majorVersion(in text: String) -> Int? {
        guard let word = text.split(separator: " ").first(where: { $0.first?.isNumber == true }) else { return nil }
        return Int(word.prefix(while: \.isNumber))
    }
}
