import DevPostgres
package import PostgresClient
import Synchronization

/// A fresh copy of a template, for one test. Copies are used in parallel.
package struct TestDatabase: Sendable {
    package let name: String
    private let server: DevPostgres
    private let pooler: TestPooler?

    /// A connection string for the superuser.
    package var conninfo: String { conninfo(user: "postgres") }

    /// A connection string for another role, which needs no password. Roles are shared by all databases of the server.
    package func conninfo(user: String) -> String {
        pooler?.conninfo(self, user: user) ?? server.conninfo(database: name, user: user)
    }

    /// The same as a URI, for a program's settings.
    package func url(user: String = "postgres") -> String {
        pooler?.url(self, user: user) ?? server.url(database: name, user: user)
    }

    /// The same database without a pooler before it, for what needs a session of its own.
    package var direct: TestDatabase {
        TestDatabase(name: name, server: server, pooler: nil)
    }

    /// The same database through PgBouncer in transaction mode.
    package func pooled() async throws -> TestDatabase {
        pooled(through: try await TestPooler.shared())
    }

    package func pooled(through pooler: TestPooler) -> TestDatabase {
        TestDatabase(name: name, server: server, pooler: pooler)
    }

    /// A login role with the rights of another, for all databases of the server; a pooler refuses `options=-c role=…`.
    package func makeLogin(_ name: String, in role: String) async throws {
        try await direct.execute(
            """
            do $$ begin
                create role \(name) login in role \(role);
            exception when duplicate_object or unique_violation then null; end $$
            """)
    }

    /// Opens a connection, runs `body` with it on a thread of its own, and closes it.
    package func withConnection<Result: Sendable>(
        user: String = "postgres", options: ConnectionOptions = ConnectionOptions(applicationName: "test"),
        _ body: @escaping @Sendable (PostgresConnection) throws -> Result
    ) async throws -> Result {
        let conninfo = conninfo(user: user)
        return try await onThread {
            let connection = try PostgresConnection(conninfo, options: options)
            defer { connection.close() }
            return try body(connection)
        }
    }

    fileprivate static func create(from template: DatabaseTemplate) async throws -> TestDatabase {
        let source = try await TemplateStore.shared.database(for: template)
        let name = "test_\(template.name)_\(lastNumber.add(1, ordering: .relaxed).newValue)"
        try await TestServer.administer("create database \"\(name)\" template \"\(source)\"")
        let database = TestDatabase(name: name, server: try await TestServer.shared(), pooler: nil)
        return TestPooler.isWanted ? try await database.pooled() : database
    }

    fileprivate func drop() async throws {
        try await TestServer.administer("drop database \"\(name)\" with (force)")
    }
}

private let lastNumber = Atomic<Int>(0)

/// Runs `body` with a database of its own, and drops that afterwards, with whatever connections are left.
///
/// At most 12 tests have one at a time: swift-testing starts all at once, and the server takes 200 connections.
package func withTestDatabase<Result>(
    _ template: DatabaseTemplate = .empty, _ body: (TestDatabase) async throws -> Result
) async throws -> Result {
    await databaseLimit.enter()
    let result: Swift.Result<Result, any Error>
    do {
        let database = try await TestDatabase.create(from: template)
        do {
            result = .success(try await body(database))
        } catch {
            result = .failure(error)
        }
        try await database.drop()
    } catch {
        await databaseLimit.leave()
        throw error
    }
    await databaseLimit.leave()
    return try result.get()
}

private let databaseLimit = TestLimit(12)

/// Lets so many tests through at a time, in the order in which they came.
private actor TestLimit {
    private var free: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(_ limit: Int) {
        free = limit
    }

    func enter() async {
        if free > 0 {
            free -= 1
        } else {
            await withCheckedContinuation { waiting.append($0) }
        }
    }

    func leave() {
        if waiting.isEmpty {
            free += 1
        } else {
            waiting.removeFirst().resume()
        }
    }
}
