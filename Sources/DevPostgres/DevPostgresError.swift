/// Why a private server could not be had. The description says what to do about it.
package enum DevPostgresError: Error, CustomStringConvertible {
    case notInstalled
    case notThere(folder: String)
    case noAccount
    /// By another process of ours; its id where it is known.
    case inUse(folder: String, processID: Int32?)
    case otherVersion(folder: String, found: String, installed: Int)
    case folder(String, reason: String)
    case failed(String, output: String)
    case system(String, errno: Int32)

    package var description: String {
        switch self {
        case .notInstalled:
            "PostgreSQL's server programs (14 or later) are not installed. On Debian or Ubuntu:"
                + " apt-get install --no-install-recommends postgresql"
        case .notThere(let folder):
            "DEV_POSTGRES_BIN names \(folder), which does not hold PostgreSQL's postgres and initdb (14 or later)"
        case .noAccount:
            "PostgreSQL refuses to run as root, and there is neither a user `postgres` nor `nobody` to run it as"
        case .inUse(let folder, let processID):
            "\(folder) is in use already" + (processID.map { ", by process \($0)" } ?? "") + ": stop that first"
        case .otherVersion(let folder, let found, let installed):
            "\(folder) was made by PostgreSQL \(found), but \(installed) is installed: remove that folder to start afresh"
        case .folder(let folder, let reason):
            "cannot use \(folder) for PostgreSQL: \(reason)"
        case .failed(let what, let output):
            "\(what) failed:\n\(output)"
        case .system(let what, let number):
            "\(what): errno \(number)"
        }
    }
}
