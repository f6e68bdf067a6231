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
        try endOrphan()
    }

    /// initdb works beside the final place, so a data folder that exists is always a whole one. One whose owner was killed
    /// may still be at work: it finds its folder gone, and fails.
    private func create() throws(DevPostgresError) {
        let password = (0..<4).map { _ in String(UInt64.random(in: .min ... .max), radix: 36) }.joined()
        try FileSystem.writeSecret(password + "\n", to: folder.passwordFile, owner: folder.account)
        let unfinished = "\(folder.data).new-\(getpid())"
        let initdb = [
            installation.initdb, "--pgdata=\(unfinished)", "--username=postgres", "--pwfile=\(folder.passwordFile)",
            // Only we can reach the socket, by its folder's rights. Anyone on this machine can reach a loopback port.
            "--auth-local=trust", "--auth-host=scram-sha-256",
            "--encoding=UTF8", "--locale=C", "--lc-ctype=\(characterType)", "--no-sync", "--no-instructions",
        ]
        let script = #"cd / && data=$1 new=$2 && shift 2 && rm -rf -- "$data".new*; "$@" && mv -T -- "$new" "$data""#
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

    /// Whether the process is a server on this very data folder. Other servers are none of our business.
    private func isOurServer(_ processID: Int32) -> Bool {
        guard FileSystem.contents(of: "/proc/\(processID)/comm")?.hasPrefix("postgres") == true,
            let words = FileSystem.contents(of: "/proc/\(processID)/cmdline")?.split(separator: "\0"),
            let option = words.firstIndex(of: "-D"), option + 1 < words.endIndex
        else { return false }
        return FileSystem.isSame(String(words[option + 1]), folder.data)
    }

    /// Whoever holds the folder's lock is us, so a server that still works here has lost its owner, who was killed. It
    /// usually ends by itself within a second; this makes sure that it does.
    ///
    /// PostgreSQL itself gives up when the process id in its file was taken by another process of the same user.
    private func endOrphan() throws(DevPostgresError) {
        let file = "\(folder.data)/postmaster.pid"
        guard let line = FileSystem.contents(of: file)?.split(separator: "\n").first, let processID = Int32(line) else {
            return
        }
        // A fast shutdown, an immediate one, and the end.
        for signal in [SIGINT, SIGQUIT, SIGKILL] where isOurServer(processID) {
            kill(processID, signal)
            for _ in 0..<250 where isOurServer(processID) { usleep(20_000) }
        }
        if isOurServer(processID) { throw .inUse(folder: folder.root, processID: processID) }
        unlink(file)
    }
}
