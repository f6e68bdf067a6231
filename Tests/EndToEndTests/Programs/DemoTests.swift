import Foundation
import Glibc
import TestSupport
import Testing

/// The demo as people end it. That all its events come out as they should is what `.ci/run` asks of `demo --once`.
@Suite("The demo", .timeLimit(.minutes(5)))
struct DemoTests {
    private func withFolder(_ body: (String) async throws -> Void) async throws {
        let folder = "/tmp/notify-demo-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(folder)
    }

    /// Returns once it has said `text`.
    private func start(in folder: String, until text: String) async throws -> RunningProgram {
        let demo = try await RunningProgram.start(["demo", "--folder", folder], settings: [:])
        try #require(try await demo.line(with: text) != nil, "\(demo.lines)")
        return demo
    }

    @Test("Ctrl-C ends all of it at any time, with 130 before the table and 0 after, and it starts again at once")
    func interrupted() async throws {
        try await withFolder { folder in
            for (step, status) in [
                ("… PostgreSQL in", 130), ("… schema", 130), ("… worker", 130), ("… outcomes", 130), ("Ctrl-C", 0),
            ] as [(String, Int32)] {
                let demo = try await start(in: folder, until: step)
                let server = try serverID(folder)
                demo.signal(SIGINT)
                #expect(try await demo.end() == status, "\(step): \(demo.lines)")
                #expect(demo.lines.contains("Stopping …"), "\(step): \(demo.lines)")
                #expect(try serverID(folder) == nil, "\(step)")
                if let server { #expect(kill(server, 0) != 0, "\(step): PostgreSQL outlived the demo") }
            }
        }
    }

    @Test("A second one beside it is refused, and after a kill the next ends the orphaned PostgreSQL and no other")
    func orphan() async throws {
        // A server of the same user that is none of the demo's business.
        try await withTestDatabase { database in
            try await withFolder { folder in
                let first = try await start(in: folder, until: "Ctrl-C")
                let server = try #require(try serverID(folder))
                let beside = try await Program.run(["demo", "--folder", folder])
                #expect(beside.status == 1)
                #expect(beside.standardError.contains("is in use already, by process"), "\(beside.standardError)")

                // The shell between the two would end the server within a second: it is killed before.
                try killSupervisor(of: server)
                first.signal(SIGKILL)
                #expect(try await first.end() == -SIGKILL)
                #expect(kill(server, 0) == 0)
                let second = try await start(in: folder, until: "Ctrl-C")
                #expect(kill(server, 0) != 0, "the orphan still runs")
                #expect(try await database.value("select 1") == "1")
                second.signal(SIGTERM)
                #expect(try await second.end() == 0)
                #expect(try serverID(folder) == nil)
            }
        }
    }

    /// The process id of the demo's PostgreSQL; nil where none runs.
    private func serverID(_ folder: String) throws -> Int32? {
        let text = try? String(contentsOfFile: "\(folder)/postgres/data/postmaster.pid", encoding: .utf8)
        return text?.split(separator: "\n").first.flatMap { Int32($0) }
    }

    /// Kills the shell that waits for the server, with the one that watches the demo for it.
    private func killSupervisor(of server: Int32) throws {
        let shell = try #require(try parent(of: server))
        for name in try FileManager.default.contentsOfDirectory(atPath: "/proc") {
            guard let id = Int32(name), id != server, try parent(of: id) == shell else { continue }
            kill(id, SIGKILL)
        }
        kill(shell, SIGKILL)
    }

    private func parent(of process: Int32) throws -> Int32? {
        guard let status = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8) else { return nil }
        return status.split(separator: "\n").first { $0.hasPrefix("PPid:") }.flatMap { Int32($0.dropFirst(6)) }
    }
}
