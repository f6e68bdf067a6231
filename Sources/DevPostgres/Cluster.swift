import Glibc

/// The data folder of a private server: made by initdb, checked before it is used again.
struct Cluster {
    let installation: PostgresInstallation
    let folder: ServerFolder

    /// Makes the data folder if there is none, otherwise makes sure that it can be started.
    func prepare() throws(DevPostgresError) {
        guard FileSystem.exists(folder.data) else { return try create() }
        let version = FileSystem.contents(of: "\(folder.data)/PG_VERSION")?.filter { !$0.isWhitespace } ?? "unknown"
        guard version == String(installation.majorVersion) else {
            throw .otherVersion(folder: folder.root, found: version, installed: installation.majorVersion)
        }
        try clearStalePID()
    }

    /// initdb works beside the final place, so a data folder that exists is always a whole one.
    private func create() throws(DevPostgresError) {
        let password = (0..<4).map { _ in String(UInt64.random(in: .min ... .max), radix: 36) }.joined()
        try FileSystem.writeSecret(password + "\n", to: folder.passwordFile, owner: folder.account)
        let unfinished = "\(folder.data).new"
        let initdb = [
            installation.initdb, "--pgdata=\(unfinished)", "--username=postgres", "--pwfile=\(folder.passwordFile)",
            // Only we can reach the socket, by its folder's rights. Anyone on this machine can reach a loopback port.
            "--auth-local=trust", "--auth-host=scram-sha-256",
            "--encoding=UTF8", "--locale=C", "--lc-ctype=\(characterType)", "--no-sync", "--no-instructions",
        ]
        let script = #"cd / && data=$1 new=$2 && shift 2 && rm -rf -- "$new" && "$@" && mv -- "$new" "$data""#
        let (status, output) = try SupervisedProcess.run(
            ["/bin/sh", "-c", script, "sh", folder.data, unfinished] + initdb, account: folder.account)
        guard status == 0 else { throw .failed("initdb", output: output) }
    }

    /// Upper and lower case beyond ASCII, as a real database has them, where the system knows how (glibc from 2.35 on,
    /// Debian since long).
    private var characterType: String {
        guard let locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nil) else { return "C" }
        freelocale(locale)
        return "C.UTF-8"
    }

    private func isServer(_ processID: Int32) -> Bool {
        FileSystem.contents(of: "/proc/\(processID)/comm")?.hasPrefix("postgres") == true
    }

    /// PostgreSQL itself gives up when the process id in its file was taken by another process of the same user.
    private func clearStalePID() throws(DevPostgresError) {
        let file = "\(folder.data)/postmaster.pid"
        guard let line = FileSystem.contents(of: file)?.split(separator: "\n").first, let processID = Int32(line) else {
            return
        }
        // One whose owner was just killed is ending: it takes a second for its last checkpoint.
        for _ in 0..<100 where isServer(processID) { usleep(50_000) }
        if isServer(processID) { throw .alreadyRunning(folder: folder.root, processID: processID) }
        unlink(file)
    }
}
