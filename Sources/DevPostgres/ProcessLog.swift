import Foundation
import Glibc

/// Reads what a process writes, keeps the last lines, copies all to a file, and tells when the process is ready and when
/// it is gone.
final class ProcessLog: @unchecked Sendable {
    // `condition` guards all that may change; `descriptor` and `file` belong to the reading thread.
    private let condition = NSCondition()
    private var lines: [String] = []
    private var hasBecomeReady = false
    private var hasEnded = false
    private let descriptor: Int32
    private let file: UnsafeMutablePointer<FILE>?
    private let isReady: @Sendable (Substring) -> Bool

    init(descriptor: Int32, file: String?, isReady: @escaping @Sendable (Substring) -> Bool) {
        self.descriptor = descriptor
        self.file = file.flatMap { fopen($0, "ae") }
        self.isReady = isReady
    }

    func start() {
        Thread.detachNewThread { self.read() }
    }

    /// The last 30 lines.
    var tail: String {
        condition.withLock { lines.joined(separator: "\n") }
    }

    /// Whether the process became ready before it ended, or before the time was up.
    func waitUntilReady(timeout: Duration) -> Bool {
        wait(timeout) { hasBecomeReady || hasEnded }
        return condition.withLock { hasBecomeReady }
    }

    /// Whether the process, and everything it started, closed its output in time.
    func waitUntilEnd(timeout: Duration) -> Bool {
        wait(timeout) { hasEnded }
        return condition.withLock { hasEnded }
    }

    private func wait(_ timeout: Duration, until isDone: () -> Bool) {
        let deadline = Date(timeIntervalSinceNow: TimeInterval(timeout.components.seconds))
        condition.withLock {
            while !isDone(), condition.wait(until: deadline) {}
        }
    }

    private func read() {
        var rest = ""
        while let bytes = Pipe.read(descriptor) {
            if let file {
                fwrite(bytes, 1, bytes.count, file)
                fflush(file)
            }
            rest += String(decoding: bytes, as: UTF8.self)
            let parts = rest.split(separator: "\n", omittingEmptySubsequences: false)
            parts.dropLast().forEach(note)
            rest = parts.last.map(String.init) ?? ""
        }
        close(descriptor)
        file.map { _ = fclose($0) }
        condition.withLock {
            hasEnded = true
            condition.broadcast()
        }
    }

    private func note(_ line: Substring) {
        condition.withLock {
            lines.append(String(line))
            if lines.count > 30 { lines.removeFirst() }
            if !hasBecomeReady, isReady(line) {
                hasBecomeReady = true
                condition.broadcast()
            }
        }
    }
}

enum Pipe {
    static func make() throws(DevPostgresError) -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        // Without close-on-exec any other child of ours would keep a server's leash from being let go. A socket pair,
        // because Swift's Glibc leaves pipe2 out, and a flag set after pipe comes too late for a fork in between.
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { throw .system("cannot create a pipe", errno: errno) }
        return (ends[0], ends[1])
    }

    /// The next bytes, or `nil` at the end.
    static func read(_ descriptor: Int32) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = Glibc.read(descriptor, &bytes, bytes.count)
            if count < 0, errno == EINTR { continue }
            return count > 0 ? Array(bytes.prefix(count)) : nil
        }
    }
}
