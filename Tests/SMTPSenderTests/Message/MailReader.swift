import Foundation

@testable import SMTPSender

/// Reads composed mails back with Python's `email` package in one process (`scripts/check-mails.py`).
struct MailReader {
    struct Report {
        let exitCode: Int32
        let output: String
    }

    private var records: [Record] = []

    mutating func add(_ id: String, _ draft: Draft) throws {
        add(id, draft, mail: Data(try draft.message().compose().content))
    }

    mutating func add(_ id: String, _ draft: Draft, mail: Data) {
        records.append(Record(id: id, mail: mail, input: draft))
    }

    func report() throws -> Report {
        let folder = FileManager.default.temporaryDirectory.appending(path: "mails-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let input = folder.appending(path: "mails.jsonl")
        let output = folder.appending(path: "report.txt")
        let lines = try records.map { try JSONEncoder().encode($0) }
        try Data(lines.joined(separator: Data("\n".utf8))).write(to: input)
        _ = FileManager.default.createFile(atPath: output.path, contents: nil)

        let python = Process()
        python.executableURL = URL(filePath: "/usr/bin/env")
        python.arguments = ["python3", Repository.root.appending(path: "scripts/check-mails.py").path, input.path]
        python.standardOutput = try FileHandle(forWritingTo: output)
        python.standardError = python.standardOutput
        try python.run()
        python.waitUntilExit()
        let text = String(decoding: try Data(contentsOf: output), as: UTF8.self)
        return Report(exitCode: python.terminationStatus, output: text)
    }

    private struct Record: Encodable {
        let id: String
        let mail: Data
        let input: Draft
    }
}

enum Repository {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    static let fixtures = root.appending(path: "Tests/Fixtures")
}
