import Foundation
import Glibc
import Synchronization

/// A server program that ends when its standard input does, so that it cannot outlive the test process, however
/// that ends.
final class ServerProcess: Sendable {
    private struct State {
        var lifeline: FileHandle?
        var hasEnded = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    let log: URL

    /// To be called through `onThread`, which see for the reason.
    init(_ program: String, _ arguments: [String], environment: [String: String] = [:], log: URL) throws {
        self.log = log
        try Data().write(to: log)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let pipe = Pipe()
        // A sibling that inherited the writing end would keep this server alive.
        _ = fcntl(pipe.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC)
        process.standardInput = pipe.fileHandleForReading
        let output = try FileHandle(forWritingTo: log)
        process.standardOutput = output
        process.standardError = output
        process.terminationHandler = { [weak self] _ in self?.didEnd() }
        try process.run()
        try pipe.fileHandleForReading.close()
        state.withLock { $0.lifeline = pipe.fileHandleForWriting }
    }

    deinit {
        state.withLock { try? $0.lifeline?.close() }
    }

    var isAlive: Bool { state.withLock { !$0.hasEnded } }

    /// Returns when the server and all that it started are gone.
    func stop() async {
        await withCheckedContinuation { continuation in
            let hasEnded = state.withLock { state in
                try? state.lifeline?.close()
                state.lifeline = nil
                if !state.hasEnded { state.waiting.append(continuation) }
                return state.hasEnded
            }
            if hasEnded { continuation.resume() }
        }
    }

    private func didEnd() {
        let waiting = state.withLock { state in
            state.hasEnded = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}
