import Foundation
import NotifyCore
import PostgresClient
import TestSupport
import Testing

@Suite("The migrator")
struct MigratorTests {
    @Test("An empty database gets every migration once, in order")
    func fromNothing() async throws {
        try await withTestDatabase { database in
            let (first, second, pending) = try await database.withConnection { connection in
                let migrator = Migrator(connection)
                return (try migrator.migrate(), try migrator.migrate(), try migrator.pending())
            }
            #expect(first == Migration.all)
            #expect(second.isEmpty)
            #expect(pending.isEmpty)
            let numbers = try await database.column("select number from notify.migrations order by applied_at")
            #expect(numbers == Migration.all.map { String($0.number) })
        }
    }

    @Test("Every migration file is in the list, under its own number and name")
    func filesAndList() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../../Sources/NotifyCore/Schema/Migrations").standardized
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        let listed = Migration.all.map { migration in
            "m\(String(10_000 + migration.number).dropFirst())_\(migration.name).sql"
        }
        #expect(files == listed)
        #expect(Migration.all.map(\.number) == Array(1...Migration.all.count))
    }

    @Test("Before the first migration all are pending, and asking changes nothing")
    func pendingAtFirst() async throws {
        try await withTestDatabase { database in
            let pending = try await database.withConnection { try Migrator($0).pending() }
            #expect(pending == Migration.all)
            #expect(try await database.value("select to_regnamespace('notify')") == nil)
        }
    }

    @Test("Processes that start at the same moment share the migrations between them", arguments: 1...5)
    func race(round: Int) async throws {
        try await withTestDatabase { database in
            let applied = try await withThrowingTaskGroup(of: [Migration].self) { group in
                for _ in 0..<3 {
                    group.addTask { try await database.withConnection { try Migrator($0).migrate() } }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(applied.sorted { $0.number < $1.number } == Migration.all)
        }
    }

    @Test("A migration that finds its table busy is undone, says so, and is tried again until it can have it")
    func busyTable() async throws {
        try await withTestDatabase { database in
            let outcome = try await database.withConnection { connection in
                _ = try Migrator(connection).migrate()
                let worker = try PostgresConnection(database.conninfo)
                defer { worker.close() }
                try worker.execute("begin; select count(*) from notify.events")
                var migrator = Migrator(connection, migrations: Migration.all + [.additional])
                migrator.lockTimeout = .milliseconds(20)
                migrator.pause = .zero
                var attempts: [Int] = []
                let applied = try migrator.migrate { progress in
                    guard case .busy(.some(.additional), let attempt) = progress else { return }
                    attempts.append(attempt)
                    if attempt == 3 { worker.close() }
                }
                return (attempts: attempts, applied: applied)
            }
            #expect(outcome.attempts.starts(with: [1, 2, 3]))
            #expect(outcome.applied == [.additional])
        }
    }

    @Test("A table that stays busy ends the attempts with what to do, and nothing half-done")
    func busyForGood() async throws {
        try await withTestDatabase { database in
            let message = try await database.withConnection { connection -> String in
                _ = try Migrator(connection).migrate()
                let worker = try PostgresConnection(database.conninfo)
                defer { worker.close() }
                try worker.execute("begin; select count(*) from notify.events")
                var migrator = Migrator(connection, migrations: Migration.all + [.additional])
                migrator.lockTimeout = .milliseconds(10)
                migrator.pause = .zero
                migrator.attempts = 2
                do {
                    _ = try migrator.migrate()
                    return ""
                } catch let error as MigrationError {
                    return error.description
                }
            }
            #expect(message.contains("migration 1000 (additional)") && message.contains("pg_stat_activity"))
            #expect(try await database.value("select count(*) from notify.migrations where number = 1000") == "0")
        }
    }

    @Test("Migrating again while a worker holds its tables is not held up")
    func beside() async throws {
        try await withTestDatabase(.schema) { database in
            let applied = try await database.withConnection { connection in
                let worker = try PostgresConnection(database.conninfo)
                defer { worker.close() }
                try worker.execute("begin; lock table notify.events in access exclusive mode")
                return try Migrator(connection).migrate()
            }
            #expect(applied.isEmpty)
        }
    }

    @Test("A newer database is worked with, unless it says that it breaks older programs", arguments: [false, true])
    func newerDatabase(isBreaking: Bool) async throws {
        try await withTestDatabase(.schema) { database in
            try await database.execute(
                "insert into notify.migrations (number, name, is_breaking) values (9999, 'later', \(isBreaking))"
            )
            let (newer, error) = try await database.withConnection { connection in
                var newer: [Int] = []
                do {
                    _ = try Migrator(connection)
                        .migrate {
                            if case .newer(let statuses) = $0 { newer = statuses.map(\.number) }
                        }
                    return (newer, String?.none)
                } catch let error as MigrationError {
                    return (newer, error.description)
                }
            }
            #expect(newer == (isBreaking ? [] : [9999]))
            #expect(error?.contains("install a newer notify-worker") == (isBreaking ? true : nil))
        }
    }

    @Test("The worker's role can see what is pending")
    func pendingAsWorker() async throws {
        try await withTestDatabase(.schema) { database in
            try await database.makeLogin("test_worker", in: "notify_worker")
            let pending = try await database.withConnection(user: "test_worker") { connection in
                try Migrator(connection, migrations: Migration.all + [.additional]).pending()
            }
            #expect(pending == [.additional])
        }
    }
}

extension Migration {
    /// Needs a lock that no reader of the table lets through.
    static let additional = Migration(1000, "additional", Array("alter table notify.events add column extra int".utf8))
}
