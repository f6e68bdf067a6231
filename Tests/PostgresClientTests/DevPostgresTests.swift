import Foundation
import PostgresClient
import TestSupport
import Testing

@testable import DevPostgres

@Suite("A private server")
struct DevPostgresTests {
    private func withFolder(_ body: @escaping @Sendable (String) throws -> Void) async throws {
        try await onThread {
            let folder = FileManager.default.temporaryDirectory.appending(path: "notify-lasting-\(UUID().uuidString)")
                .path
            defer { try? FileManager.default.removeItem(atPath: folder) }
            try body(folder)
        }
    }

    @Test("A chosen folder is used, and one without a server's programs is named in the error")
    func chosenFolder() throws {
        let found = try PostgresInstallation.find()
        let chosen = try PostgresInstallation.find(in: found.binaries)
        #expect(chosen.majorVersion == found.majorVersion)
        let error = #expect(throws: DevPostgresError.self) { try PostgresInstallation.find(in: "/nowhere") }
        #expect(error?.description.contains("DEV_POSTGRES_BIN names /nowhere") == true)
    }

    @Test("A lasting one keeps its data, refuses a second start beside it, and starts after a crash left its pid file")
    func lasting() async throws {
        try await withFolder { folder in
            let first = try DevPostgres(.lasting(folder))
            let connection = try PostgresConnection(first.url())
            try connection.execute("create table kept (a int)")
            connection.close()
            let error = #expect(throws: DevPostgresError.self) { try DevPostgres(.lasting(folder)) }
            #expect(
                error?.description
                    == "\(folder) is in use already, by process \(ProcessInfo.processInfo.processIdentifier): stop that first"
            )
            first.stop()
            first.stop()

            // A process that is alive and is no server: this one.
            let pidFile = "\(folder)/data/postmaster.pid"
            #expect(!FileManager.default.fileExists(atPath: pidFile))
            try Data("\(ProcessInfo.processInfo.processIdentifier)\n".utf8).write(to: URL(filePath: pidFile))
            let second = try DevPostgres(.lasting(folder))
            defer { second.stop() }
            let again = try PostgresConnection(second.conninfo())
            defer { again.close() }
            try again.execute("select * from kept")
            try #expect(again.run(Statement("show fsync")).string(0, 0) == "on")
            try #expect(again.run(Statement("select lower('ÄÖ')")).string(0, 0) == "äö")
        }
    }

    @Test("A temporary one listens on loopback with a password if asked to, and leaves nothing behind")
    func temporary() async throws {
        try await onThread {
            var configuration = DevPostgres.Configuration.temporary
            configuration.listensOnLoopback = true
            configuration.settings["work_mem"] = "5MB"
            let server = try DevPostgres(configuration)
            let connection = try PostgresConnection(server.loopbackURL())
            try #expect(connection.run(Statement("show work_mem")).string(0, 0) == "5MB")
            try #expect(connection.run(Statement("show synchronous_commit")).string(0, 0) == "on")
            let wrong = server.loopbackURL().replacing(server.password, with: "wrong-password")
            let error = #expect(throws: PostgresError.self) { try PostgresConnection(wrong) }
            #expect(error?.description.contains("password authentication failed") == true)
            #expect(error?.description.contains("wrong-password") == false)
            server.stop()
            #expect(!FileManager.default.fileExists(atPath: server.folder))
            #expect(throws: PostgresError.self) { try connection.execute("select 1") }
        }
    }

    @Test("A setting that the server refuses is shown with the server's words, and nothing is left")
    func refusedSetting() async throws {
        try await onThread {
            var configuration = DevPostgres.Configuration.temporary
            configuration.settings["work_mem"] = "lots"
            let error = #expect(throws: DevPostgresError.self) { try DevPostgres(configuration) }
            #expect(error?.description.contains("work_mem") == true)
        }
    }

    @Test("A folder that another version made is left alone")
    func otherVersion() async throws {
        try await withFolder { folder in
            let data = "\(folder)/data"
            try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
            try Data("9.6\n".utf8).write(to: URL(filePath: "\(data)/PG_VERSION"))
            let error = #expect(throws: DevPostgresError.self) { try DevPostgres(.lasting(folder)) }
            #expect(error?.description.contains("made by PostgreSQL 9.6") == true)
        }
    }
}

@Suite("A private server started by root", .enabled(if: geteuid() == 0, "only root has to give its rights away"))
struct DevPostgresAsRootTests {
    @Test("It runs as somebody else, beside a folder that they cannot reach, with a socket whose path is short enough")
    func unreachableFolder() async throws {
        try await onThread {
            let closed = FileManager.default.temporaryDirectory.appending(path: "notify-closed-\(UUID().uuidString)")
                .path
            let rights: [FileAttributeKey: Any] = [.posixPermissions: 0o700]
            try FileManager.default.createDirectory(
                atPath: closed, withIntermediateDirectories: false, attributes: rights)
            defer { try? FileManager.default.removeItem(atPath: closed) }
            let wanted = "\(closed)/\(String(repeating: "long", count: 30))"
            let server = try DevPostgres(.lasting(wanted))
            defer {
                server.stop()
                try? FileManager.default.removeItem(atPath: server.folder)
            }
            #expect(server.folder.hasPrefix("/var/tmp/"))
            #expect(server.notes.contains { $0.contains(server.folder) })
            #expect(server.notes.contains { $0.contains("does not run as root") })
            let connection = try PostgresConnection(server.url())
            defer { connection.close() }
            try connection.execute("select 1")
        }
    }

    @Test("In a folder whose path is too long for a socket, the socket is elsewhere and goes with the server")
    func longPath() async throws {
        try await onThread {
            let name = "notify-long-\(UUID().uuidString)-\(String(repeating: "long", count: 20))"
            let folder = FileManager.default.temporaryDirectory.appending(path: name).path
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let server = try DevPostgres(.lasting(folder))
            #expect(server.folder == folder)
            let connection = try PostgresConnection(server.url())
            try connection.execute("select 1")
            connection.close()
            #expect(!server.socketFolder.hasPrefix(folder))
            server.stop()
            #expect(!FileManager.default.fileExists(atPath: server.socketFolder))
            #expect(FileManager.default.fileExists(atPath: "\(folder)/data"))
        }
    }
}
