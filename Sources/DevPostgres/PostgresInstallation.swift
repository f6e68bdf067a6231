import Glibc

/// The server programs of one PostgreSQL version on this machine.
struct PostgresInstallation {
    let binaries: String
    let majorVersion: Int

    var server: String { "\(binaries)/postgres" }
    var initdb: String { "\(binaries)/initdb" }

    /// The one in `DEV_POSTGRES_BIN`, a folder that holds `postgres` and `initdb`.
    private static var chosenFolder: String? {
        getenv("DEV_POSTGRES_BIN").map { String(cString: $0) }
    }

    /// The one in the chosen folder; without a choice the newest from version 14 on: Debian keeps each version in a folder
    /// of its own, outside PATH.
    static func find(in chosen: String? = chosenFolder) throws(DevPostgresError) -> PostgresInstallation {
        if let chosen, !chosen.isEmpty {
            guard let installation = try at(chosen) else { throw .notThere(folder: chosen) }
            return installation
        }
        let debian = "/usr/lib/postgresql"
        let versions = FileSystem.entries(of: debian).compactMap(Int.init).filter { $0 >= 14 }.sorted(by: >)
        for version in versions {
            let installation = PostgresInstallation(binaries: "\(debian)/\(version)/bin", majorVersion: version)
            if installation.isComplete { return installation }
        }
        let path = getenv("PATH").map { String(cString: $0) } ?? ""
        for folder in path.split(separator: ":") {
            if let installation = try at(String(folder)) { return installation }
        }
        throw .notInstalled
    }

    /// What the folder holds, as its server tells it; nil where that is nothing of use.
    private static func at(_ folder: String) throws(DevPostgresError) -> PostgresInstallation? {
        let installation = PostgresInstallation(binaries: folder, majorVersion: 0)
        guard installation.isComplete else { return nil }
        let (status, output) = try SupervisedProcess.run([installation.server, "--version"])
        guard status == 0, let version = majorVersion(in: output), version >= 14 else { return nil }
        return PostgresInstallation(binaries: folder, majorVersion: version)
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
