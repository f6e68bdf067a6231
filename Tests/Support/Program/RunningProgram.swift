import Foundation
import Glibc

/// The binary while it runs: its log is read line by line, so that a test waits for what it says and never sleeps.
package final class RunningProgram: @unchecked Sendable {
    // Owned by one test, which uses one thread at a time.
    private let process: Process
    private let log: FileHandle
    private var buffer = Data()
    package private(set) var lines: [String] = []

    package static func start(_ arguments: [String], settings: [String: String]) async throws -> RunningProgram {
        try await onThread { try RunningProgram(arguments, settings: settings) }
    }

    private init(_ arguments: [String], settings: [String: String]) throws {
        process = Process()
        process.executableURL = URL(fileURLWithPath: Program.path)
        process.arguments = arguments
        var environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("NOTIFY_") }
        environment.merge(settings) { $1 }
        process.environment = environment
        process.currentDirectoryURL = Checkout.root
        let pipe = Pipe()
        process.standardError = pipe
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        log = pipe.fileHandleForReading
        try process.run()
        try pipe.fileHandleForWriting.close()
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }

    /// The first line that holds the text; nil when the program ended without one.
    package func line(with text: String) async throws -> String? {
        try await onThread { [self] in
            while let line = nextLine() {
                lines.append(line)
                if line.contains(text) { return line }
            }
            return nil
        }
    }

    package func signal(_ number: Int32) {
        kill(process.processIdentifier, number)
    }

    /// Reads the rest of the log and waits for the end.
    package func end() async throws -> Int32 {
        try await onThread { [self] in
            while let line = nextLine() { lines.append(line) }
            process.waitUntilExit()
            return process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
        }
    }

    private func nextLine() -> String? {
        while true {
            if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
                defer { buffer.removeSubrange(...end) }
                return String(decoding: buffer[..<end], as: UTF8.self)
            }
            let more = log.availableData
            guard !more.isEmpty else { return nil }
            buffer += more
        }
    }
}
