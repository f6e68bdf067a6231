import Glibc

/// Where a private server keeps its files, and as whom it runs there.
struct ServerFolder {
    let root: String
    let sockets: String
    let account: ServerAccount?
    /// What a person should know about the place.
    let notes: [String]
    let isTemporary: Bool

    var data: String { "\(root)/data" }
    var log: String { "\(root)/server.log" }
    var passwordFile: String { "\(root)/superuser-password" }
    var removedAfterwards: [String] {
        if isTemporary { return [root] }
        return sockets.hasPrefix(root) ? [] : [sockets]
    }

    /// A folder of its own under /tmp, which goes when the server does.
    static func temporary() throws(DevPostgresError) -> ServerFolder {
        let account = try ServerAccount.forServers()
        let root = try FileSystem.makeTemporaryFolder(prefix: "notify-pg", owner: account)
        return ServerFolder(root: root, sockets: root, account: account, notes: [], isTemporary: true)
    }

    /// A folder that stays. When we are root and the server's user cannot get there, one under /var/tmp in its place.
    static func lasting(at path: String) throws(DevPostgresError) -> ServerFolder {
        var account = try ServerAccount.forServers()
        var root = path.hasPrefix("/") ? path : "\(currentFolder())/\(path)"
        while root.count > 1, root.hasSuffix("/") { root.removeLast() }
        var notes: [String] = []
        try FileSystem.makeFolder(root)
        if let owner = FileSystem.owner(of: "\(root)/data"), owner.userID != geteuid() {
            guard account != nil else {
                throw .folder(root, reason: "it belongs to another user; remove it to start afresh")
            }
            // Made by an earlier run as somebody else than root: go on as them.
            account = ServerAccount(userID: owner.userID, groupID: owner.groupID)
        }
        if let used = account {
            try FileSystem.give(root, to: used)
            let (status, _) = try SupervisedProcess.run(["/usr/bin/test", "-w", root], account: used)
            // More than 1 is no answer: it could not be asked, as when a Ctrl-C reached it.
            guard status <= 1 else { throw .failed("/usr/bin/test", output: "status \(status)") }
            if status != 0 {
                let substitute = "/var/tmp/notify-postgres-\(fingerprint(root))"
                notes.append(
                    "\(root) cannot be reached by the user that PostgreSQL runs as; its files are in \(substitute)")
                root = substitute
                try takeSubstitute(substitute, account: used)
            }
            notes.append("PostgreSQL does not run as root; it runs as user \(used.userID)")
        }
        guard chmod(root, 0o700) == 0 else { throw .folder(root, reason: FileSystem.errorText()) }
        let sockets = try socketFolder(root, account: account)
        return ServerFolder(root: root, sockets: sockets, account: account, notes: notes, isTemporary: false)
    }

    /// The name can be guessed, and anyone may write to /var/tmp: take it only if it is new or was ours.
    private static func takeSubstitute(_ path: String, account: ServerAccount) throws(DevPostgresError) {
        if mkdir(path, 0o700) == 0 {
            try FileSystem.give(path, to: account)
        } else if FileSystem.owner(of: path)?.userID != account.userID {
            throw .folder(path, reason: "it belongs to another user")
        }
    }

    private static func socketFolder(_ root: String, account: ServerAccount?) throws(DevPostgresError) -> String {
        // A socket's path has at most 107 bytes, `/.s.PGSQL.65535` included.
        guard root.utf8.count < 85 else {
            return try FileSystem.makeTemporaryFolder(prefix: "notify-pg", owner: account)
        }
        let folder = "\(root)/run"
        if !FileSystem.exists(folder) {
            try FileSystem.makeFolder(folder)
            try FileSystem.give(folder, to: account)
        }
        return folder
    }

    private static func currentFolder() -> String {
        guard let folder = getcwd(nil, 0) else { return "/" }
        defer { free(folder) }
        return String(cString: folder)
    }

    /// FNV-1a: the same path, the same name, in every run.
    private static func fingerprint(_ text: String) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return String(hash, radix: 36)
    }
}
