import Foundation

/// Runs the repository's scripts with the machine's python3.
enum Python {
    struct Report: Sendable {
        let exitCode: Int32
        let output: String
    }

    /// Waits without holding a thread: on two cores two blocked ones would stop every other test.
    static func run(_ script: String, _ arguments: [String], outputTo file: URL) async throws -> Report {
        _ = FileManager.default.createFile(atPath: file.path, contents: nil)
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", Repository.root.appending(path: "scripts/\(script)").path] + arguments
        process.standardOutput = try FileHandle(forWritingTo: file)
        process.standardError = process.standardOutput
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            process.terminationHandler = { _ in continuation.resume() }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
        let output = String(decoding: try Data(contentsOf: file), as: UTF8.self)
        return Report(exitCode: process.terminationStatus, output: output)
    }
}

enum Repository {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    static let fixtures = root.appending(path: "Tests/Fixtures")
}
