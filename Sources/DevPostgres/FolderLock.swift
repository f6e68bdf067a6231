import Glibc
import Synchronization

/// The right to a lasting folder: one process has it at a time, and it ends with that process, even killed.
final class FolderLock: Sendable {
    private let descriptor: Mutex<Int32?>

    init(_ folder: String) throws(DevPostgresError) {
        // Not through a link that the folder's owner may have put there.
        let file = open("\(folder)/lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw .folder(folder, reason: FileSystem.errorText()) }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            var bytes = [UInt8](repeating: 0, count: 16)
            let count = max(0, read(file, &bytes, bytes.count))
            close(file)
            throw .inUse(folder: folder, processID: Int32(String(decoding: bytes.prefix(count), as: UTF8.self)))
        }
        let owner = Array("\(getpid())".utf8)
        ftruncate(file, 0)
        _ = write(file, owner, owner.count)
        descriptor = Mutex(file)
    }

    deinit {
        release()
    }

    /// A second call does nothing.
    func release() {
        descriptor.withLock { descriptor in
            if let file = descriptor { close(file) }
            descriptor = nil
        }
    }
}
