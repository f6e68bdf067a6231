package import Foundation
import Glibc

/// Runs a program to its end without holding a thread of Swift's cooperative pool.
package struct Command: Sendable {
    package struct Output: Sendable {
        package let status: Int32
        package let standardOutput: String
        package let standardError: String
    }

    package struct Failure: Error, CustomStringConvertible {
        package let command: String
        package let output: Output

        package var description: String {
            "\(command) ended with \(output.status)\n\(output.standardOutput)\n\(output.standardError)"
        }
    }

    /// Looked up in `PATH`; throws `Failure` unless it ends with 0.
    @discardableResult
    package static func run(
        _ program: String,
        _ arguments: [String] = [],
        input: [UInt8] = [],
        environment: [String: String] = [:],
        in folder: URL? = nil
    ) async throws -> Output {
        let output = try await outcome(program, arguments, input: input, environment: environment, in: folder)
        guard output.status == 0 else {
            throw Failure(command: ([program] + arguments).joined(separator: " "), output: output)
        }
        return output
    }

    /// As `run`, for programs whose failure is the point.
    package static func outcome(
        _ program: String,
        _ arguments: [String] = [],
        input: [UInt8] = [],
        environment: [String: String] = [:],
        in folder: URL? = nil
    ) async throws -> Output {
        try await onThread {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = [program] + arguments
            process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
            process.currentDirectoryURL = folder
            // Through files: two full pipes and one reader would wait for each other for ever.
            let work = try TemporaryFolder()
            defer { work.remove() }
            let (standardInput, standardOutput) = (work.url.appending(path: "in"), work.url.appending(path: "out"))
            let standardError = work.url.appending(path: "err")
            try Data(input).write(to: standardInput)
            try Data().write(to: standardOutput)
            try Data().write(to: standardError)
            process.standardInput = try FileHandle(forReadingFrom: standardInput)
            process.standardOutput = try FileHandle(forWritingTo: standardOutput)
            process.standardError = try FileHandle(forWritingTo: standardError)
            try process.run()
            process.waitUntilExit()
            return Output(
                status: process.terminationStatus,
                standardOutput: String(decoding: try Data(contentsOf: standardOutput), as: UTF8.self),
                standardError: String(decoding: try Data(contentsOf: standardError), as: UTF8.self)
            )
        }
    }
}
