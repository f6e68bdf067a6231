import PostgresClient
import TestSupport
import Testing
import Threads

@Suite("Behind PgBouncer", .enabled(if: TestPooler.isInstalled, "apt-get install pgbouncer"))
struct PoolerTests {
    private func withPooler(
        _ mode: TestPooler.Mode, options: ConnectionOptions = ConnectionOptions(),
        _ body: @escaping @Sendable (PostgresConnection, String) throws -> Void
    ) async throws {
        try await withTestDatabase { database in
            let pooler = try await TestPooler.start(mode)
            defer { pooler.stop() }
            let conninfo = pooler.conninfo(database)
            try await onThread {
                let connection = try PostgresConnection(conninfo, options: options)
                defer { connection.close() }
                try body(connection, conninfo)
            }
        }
    }

    @Test("A pooler is noticed in either mode", arguments: TestPooler.Mode.allCases)
    func noticed(mode: TestPooler.Mode) async throws {
        try await withPooler(mode) { connection, _ in #expect(connection.isBehindPooler) }
    }

    @Test("Named statements run unprepared, alone, in a pipeline and in a transaction")
    func unprepared() async throws {
        try await withPooler(.transaction) { connection, _ in
            let add = Statement(name: "add", sql: "select $1 + $2")
            for _ in 0..<3 {
                try #expect(connection.run(add, [1 as Int64, 2 as Int64]).int64(0, 0) == 3)
                let rows = try connection.pipelineAtomically([StatementCall(add, [2 as Int64, 2 as Int64])])
                try #expect(rows[0].int64(0, 0) == 4)
                try #expect(connection.transaction { try $0.run(add, [3 as Int64, 2 as Int64]).int64(0, 0) } == 5)
            }
            let prepared = try connection.run(Statement("select count(*) from pg_prepared_statements"))
            try #expect(prepared.int64(0, 0) == 0)
        }
    }

    @Test("Timeouts hold for each statement and transaction and never stick to the shared session")
    func timeouts() async throws {
        var options = ConnectionOptions()
        options.statementTimeout = .seconds(77)
        let show = Statement("show statement_timeout")
        try await withPooler(.transaction, options: options) { connection, _ in
            try #expect(connection.transaction { try $0.run(show).string(0, 0) } == "77s")
            try #expect(connection.run(show).string(0, 0) == "77s")
            let calls = [StatementCall(show), StatementCall(show)]
            try #expect(connection.pipelineAtomically(calls).map { try $0.string(0, 0) } == ["77s", "77s"])
            try connection.execute("create table seen as select current_setting('statement_timeout') as value")
            try #expect(connection.run(Statement("select value from seen")).string(0, 0) == "0")
        }
    }

    @Test("A locked row ends a statement in time, alone, in a pipeline and in a transaction", arguments: Limit.allCases)
    func locked(limit: Limit) async throws {
        var options = ConnectionOptions()
        options.lockTimeout = limit == .lock ? .milliseconds(50) : nil
        options.statementTimeout = limit == .statement ? .milliseconds(50) : nil
        try await withPooler(.transaction, options: options) { connection, conninfo in
            try connection.execute("create table item as select 1 as id")
            let holder = try PostgresConnection(conninfo)
            defer { holder.close() }
            try holder.execute("begin; update item set id = 2")
            let update = Statement(name: "update", sql: "update item set id = $1")
            let call = StatementCall(update, [3 as Int32])
            let ways: [() throws -> Void] = [
                { _ = try connection.run(update, [3 as Int32]) },
                { _ = try connection.pipelineAtomically([call]) },
                { try connection.transaction { _ = try $0.run(update, [3 as Int32]) } },
            ]
            for way in ways {
                let error = #expect(throws: PostgresError.self) { try way() }
                #expect(error?.sqlState?.rawValue == (limit == .lock ? "55P03" : "57014"))
                #expect(connection.isUsable && !connection.isInTransaction)
            }
            try holder.execute("rollback")
            try ways[0]()
            try #expect(holder.run(Statement("select id from item")).int32(0, 0) == 3)
        }
    }

    enum Limit: CaseIterable {
        case lock, statement
    }

    @Test("A listener refuses the pooler's address and says why")
    func listener() async throws {
        try await withPooler(.transaction) { _, conninfo in
            let listener = Listener(conninfo, channels: ["work"], signal: try WakeSignal())
            let error = #expect(throws: PostgresError.self) { try listener.connect() }
            #expect(error?.code == .behindPooler)
            #expect(error?.isTransient == false)
            #expect(!listener.isConnected)
        }
    }
}
