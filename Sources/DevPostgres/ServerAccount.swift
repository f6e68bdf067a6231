import Glibc

/// The unprivileged user that servers run as when we are root, which PostgreSQL and PgBouncer refuse to be.
package struct ServerAccount: Sendable {
    package let userID: UInt32
    package let groupID: UInt32

    /// `nil` when we are not root, and so run servers as ourselves.
    package static func forServers() throws(DevPostgresError) -> ServerAccount? {
        guard geteuid() == 0 else { return nil }
        for name in ["postgres", "nobody"] {
            guard let entry = getpwnam(name) else { continue }
            return ServerAccount(userID: entry.pointee.pw_uid, groupID: entry.pointee.pw_gid)
        }
        throw .noAccount
    }

    /// What goes before a command to run it as this user. `setpriv` is in Debian's util-linux, which is always there.
    var commandPrefix: [String] {
        ["/usr/bin/setpriv", "--reuid=\(userID)", "--regid=\(groupID)", "--clear-groups", "--"]
    }
}
