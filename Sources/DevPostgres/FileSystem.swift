import Glibc

/// The few file operations that a private server needs.
enum FileSystem {
    static func entries(of folder: String) -> [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    static func exists(_ path: String) -> Bool {
        access(path, F_OK) == 0
    }

    /// Whether both paths lead to one file or folder, whatever links are between.
    static func isSame(_ path: String, _ other: String) -> Bool {
        var (first, second) = (stat(), stat())
        guard stat(path, &first) == 0, stat(other, &second) == 0 else { return false }
        return first.st_dev == second.st_dev && first.st_ino == second.st_ino
    }

    static func owner(of path: String) -> (userID: UInt32, groupID: UInt32)? {
        var status = stat()
        // Not through a link: in /tmp somebody else may have put one there.
        guard lstat(path, &status) == 0 else { return nil }
        return (status.st_uid, status.st_gid)
    }

    /// Reads a small file; `nil` when it is not there.
    static func contents(of path: String) -> String? {
        guard let file = fopen(path, "re") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }

    /// Makes a folder and those above it.
    static func makeFolder(_ path: String) throws(DevPostgresError) {
        if exists(path) { return }
        if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
            try makeFolder(String(path[..<slash]))
        }
        guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw .folder(path, reason: errorText()) }
    }

    /// A new folder that nobody else can look into, under /tmp because a socket's path has at most 107 bytes.
    static func makeTemporaryFolder(prefix: String, owner: ServerAccount?) throws(DevPostgresError) -> String {
        var template = [CChar]("/tmp/\(prefix)-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw .folder("/tmp", reason: errorText()) }
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        try give(path, to: owner)
        return path
    }

    static func give(_ path: String, to owner: ServerAccount?) throws(DevPostgresError) {
        guard let owner else { return }
        guard chown(path, owner.userID, owner.groupID) == 0 else { throw .folder(path, reason: errorText()) }
    }

    /// Writes a file that only its owner can read.
    static func writeSecret(_ text: String, to path: String, owner: ServerAccount?) throws(DevPostgresError) {
        unlink(path)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .folder(path, reason: errorText()) }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        guard write(descriptor, bytes, bytes.count) == bytes.count else { throw .folder(path, reason: errorText()) }
        try give(path, to: owner)
    }

    static func errorText() -> String {
        String(cString: strerror(errno))
    }
}
