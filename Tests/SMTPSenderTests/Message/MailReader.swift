import Foundation

@testable import SMTPSender

/// Reads composed mails back with Python's `email` package in one process (`scripts/check-mails.py`).
struct MailReader {
    typealias Report = Python.Report

    private var records: [Record] = []

    mutating func add(_ id: String, _ draft: Draft) throws {
        add(id, draft, mail: Data(try draft.message().compose().content))
    }

    mutating func add(_ id: String, _ draft: Draft, mail: Data) {
        records.append(Record(id: id, mail: mail, input: draft))
    }

    func report() async throws -> Report {
        let folder = FileManager.default.temporaryDirectory.appending(path: "mails-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let input = folder.appending(path: "mails.jsonl")
        let lines = try records.map { try JSONEncoder().encode($0) }
        try Data(lines.joined(separator: Data("\n".utf8))).write(to: input)
        return try await Python.run("check-mails.py", [input.path], outputTo: folder.appending(path: "report.txt"))
    }

    private struct Record: Encodable {
        let id: String
        let mail: Data
        let input: Draft
    }
}
