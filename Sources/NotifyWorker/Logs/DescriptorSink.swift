import Glibc
import Threads

/// Writes lines to a file descriptor without ever waiting for its reader.
///
/// A line goes out at once, from the caller's thread, while `poll` says that there is room: so the last lines before a
/// crash are not lost. When the reader is slow the lines wait in a backlog of at most 1 MiB that a thread of its own
/// writes out; beyond that they are dropped and counted. A closed descriptor drops everything: logs are no reason to
/// stop sending mail.
final class DescriptorSink: LogSink {
    /// At most this much goes into a pipe that `poll` calls writable without blocking (POSIX: PIPE_BUF).
    private static let atomicBytes = 4_096
    static let maximumBacklogBytes = 1_048_576

    private struct State {
        var backlog: [[UInt8]] = []
        var backlogBytes = 0
        var droppedLines = 0
        /// The line about those, in the log's own format.
        var describeDropped: @Sendable (Int) -> String = { "notify-worker: \($0) log lines dropped\n" }
        /// Whether the drainer thread is at work; while it is, every line goes through the backlog, to keep the order.
        var isDraining = false
    }

    private let descriptor: Int32
    private let state = Monitor(State())

    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// Says how the line reads that stands in for dropped ones.
    func setDroppedLine(_ line: @escaping @Sendable (_ count: Int) -> String) {
        state.withLock { $0.describeDropped = line }
    }

    func write(_ line: String) {
        let bytes = Array(line.utf8)
        let startsDrainer = state.withLock { state -> Bool in
            if !state.isDraining, bytes.count <= Self.atomicBytes, Self.isWritable(descriptor, timeout: 0) {
                Self.writeAll(bytes, to: descriptor)
                return false
            }
            guard state.backlogBytes + bytes.count <= Self.maximumBacklogBytes else {
                state.droppedLines += 1
                return false
            }
            state.backlog.append(bytes)
            state.backlogBytes += bytes.count
            defer { state.isDraining = true }
            return !state.isDraining
        }
        if startsDrainer { startDrainer() }
    }

    /// Waits until the backlog is written, at most so long. For the end of the process.
    func flush(within limit: Duration) {
        _ = state.wait(timeout: limit) { $0.isDraining ? nil : true }
    }

    private func startDrainer() {
        do {
            _ = try NamedThread("log") { self.drain() }
        } catch {
            // What waits goes out with a later line's attempt.
            state.update { $0.isDraining = false }
        }
    }

    private func drain() {
        while let bytes = nextBatch() {
            Self.writeAll(bytes, to: descriptor)
        }
    }

    /// All that waits, with a note about what was dropped; nil, and the end of draining, where nothing does.
    private func nextBatch() -> [UInt8]? {
        state.update { state in
            if state.backlog.isEmpty, state.droppedLines == 0 {
                state.isDraining = false
                return nil
            }
            var bytes = Array(state.backlog.joined())
            if state.droppedLines > 0 {
                bytes += Array(state.describeDropped(state.droppedLines).utf8)
            }
            state.backlog.removeAll(keepingCapacity: true)
            state.backlogBytes = 0
            state.droppedLines = 0
            return bytes
        }
    }

    private static func isWritable(_ descriptor: Int32, timeout: Int32) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        // A closed or broken descriptor counts as writable: the write fails at once and the line is gone.
        return poll(&entry, 1, timeout) > 0
    }

    /// Writes all bytes, waiting where it must; gives up on an error such as EPIPE.
    private static func writeAll(_ bytes: [UInt8], to descriptor: Int32) {
        bytes.withUnsafeBytes { buffer in
            var offset = 0
            while offset < buffer.count {
                let rest = UnsafeRawBufferPointer(rebasing: buffer[offset...])
                let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
                if count > 0 {
                    offset += count
                } else if errno == EAGAIN {
                    _ = isWritable(descriptor, timeout: -1)
                } else if errno != EINTR {
                    return
                }
            }
        }
    }
}
