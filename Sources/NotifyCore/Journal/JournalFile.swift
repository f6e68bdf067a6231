internal import Foundation
internal import Glibc

/// A journal's file and the lock on it.
struct JournalFile: Sendable {
    static let suffix = ".journal"

    let path: String
    private let descriptor: Int32

    /// A new one with all its blocks allocated, locked; nil where another worker found it before it was locked, took it
    /// for one that a killed worker had just made, and removed it.
    static func create(_ path: String) throws(JournalError) -> JournalFile? {
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw JournalError("make", path) }
        let file = JournalFile(path: path, descriptor: descriptor)
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            file.discard()
            if code == EWOULDBLOCK { return nil }
            throw JournalError("lock", path, errno: code)
        }
        guard file.isLinked else {
            file.close()
            return nil
        }
        // Its result is the error itself; errno stays as it was.
        let failure = posix_fallocate(descriptor, 0, off_t(JournalLayout.fileSize))
        guard failure == 0 else {
            file.discard()
            throw JournalError("allocate \(JournalLayout.fileSize) octets for", path, errno: failure)
        }
        return file
    }

    static func name(workerID: Int64, tag: String) -> String { "\(workerID)-\(tag)\(suffix)" }

    var name: Substring { path.split(separator: "/").last ?? "" }

    /// The file of a worker that is no more, locked; nil where its worker lives, somebody else has just taken it, or there
    /// is no file but a link.
    static func takeOver(_ path: String) throws(JournalError) -> JournalFile? {
        let descriptor = Glibc.open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else {
            if errno == ENOENT || errno == ELOOP { return nil }
            throw JournalError("open", path)
        }
        let file = JournalFile(path: path, descriptor: descriptor)
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, file.isLinked else {
            file.close()
            return nil
        }
        return file
    }

    /// The files in a directory, whoever holds them; none where it is not made yet.
    static func paths(in directory: String) throws(JournalError) -> [String] {
        guard let stream = opendir(directory) else {
            if errno == ENOENT { return [] }
            throw JournalError("read the directory", directory)
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasSuffix(suffix) { names.append("\(directory)/\(name)") }
        }
        return names.sorted()
    }

    func map() throws(JournalError) -> UnsafeMutableRawPointer {
        let memory = mmap(nil, JournalLayout.fileSize, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
        guard let memory, memory != MAP_FAILED else { throw JournalError("map", path) }
        return memory
    }

    /// What it says, however much of it is there.
    func contents() -> JournalContents {
        let size = JournalLayout.fileSize
        return JournalContents(
            [UInt8](unsafeUninitializedCapacity: size) { buffer, length in
                while length < size {
                    let rest = UnsafeMutableRawBufferPointer(buffer)[length...]
                    let count = pread(
                        descriptor, UnsafeMutableRawBufferPointer(rebasing: rest).baseAddress, rest.count, off_t(length)
                    )
                    if count < 0, errno == EINTR { continue }
                    guard count > 0 else { break }
                    length += count
                }
            })
    }

    private var isLinked: Bool {
        var status = stat()
        return fstat(descriptor, &status) == 0 && status.st_nlink > 0
    }

    func remove() { unlink(path) }

    /// Gives up the lock.
    func close() { Glibc.close(descriptor) }

    private func discard() {
        remove()
        close()
    }
}
