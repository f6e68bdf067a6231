import PostgresClient
import TestSupport
import Testing

@Suite("A pipeline")
struct PipelineTests {
    private static let insert = Statement(name: "insert", sql: "insert into t values ($1)")
    private static let sum = Statement(name: "sum", sql: "select coalesce(sum(a), 0)::int8 from t")
    private static let divide = Statement(name: "divide", sql: "select 1 / $1")

    private func withTable(
        preparing: Bool = true, _ body: @escaping @Sendable (PostgresConnection) throws -> Void
    ) async throws {
        try await withTestDatabase { database in
            var options = ConnectionOptions()
            options.usesPreparedStatements = preparing
            try await database.withConnection(options: options) { connection in
                try connection.execute("create table t (a int8 check (a < 1000))")
                try body(connection)
            }
        }
    }

    @Test("Each call sees the one before, again and again, with and without preparation", arguments: [true, false])
    func inOrder(preparing: Bool) async throws {
        try await withTable(preparing: preparing) { connection in
            for round in 1...3 as ClosedRange<Int64> {
                let results = try connection.pipelineAtomically([
                    StatementCall(Self.insert, [1 as Int64]), StatementCall(Self.insert, [10 as Int64]),
                    StatementCall(Self.sum),
                ])
                #expect(results.count == 3)
                #expect(results[0].affectedCount == 1)
                try #expect(results[2].int64(0, 0) == 11 * round)
                let rows = try connection.pipelineAtomically([StatementCall(Self.sum), StatementCall(Self.sum)])
                try #expect(rows.map { try $0.int64(0, 0) } == [11 * round, 11 * round])
            }
            let prepared = try connection.run(Statement("select count(*) from pg_prepared_statements")).int64(0, 0)
            #expect(prepared == (preparing ? 2 : 0))
        }
    }

    @Test("The first failure undoes all of an atomic pipeline and is the one thrown")
    func atomic() async throws {
        try await withTable { connection in
            let error = #expect(throws: PostgresError.self) {
                try connection.pipelineAtomically([
                    StatementCall(Self.insert, [1 as Int64]), StatementCall(Self.divide, [0 as Int64]),
                    StatementCall(Self.insert, [2 as Int64]),
                ])
            }
            #expect(error?.sqlState == "22012")
            try #expect(connection.run(Self.sum).int64(0, 0) == 0)
            _ = try connection.pipelineAtomically([StatementCall(Self.insert, [1 as Int64])])
            try #expect(connection.run(Self.sum).int64(0, 0) == 1)
        }
    }

    @Test("A mistake in a call is found before anything is sent")
    func mistake() async throws {
        try await withTable { connection in
            let error = #expect(throws: PostgresError.self) {
                try connection.pipelineAtomically([
                    StatementCall(Self.insert, [1 as Int64]), StatementCall(Self.insert, ["1"]),
                ])
            }
            #expect(error?.code == .usage)
            #expect(connection.isUsable)
            try #expect(connection.run(Self.sum).int64(0, 0) == 0)
        }
    }

    @Test("Large parameters and large results do not make both sides wait for each other")
    func large() async throws {
        try await withTable { connection in
            let payload = Array(repeating: String(repeating: "x", count: 64 << 10), count: 100)
            let echo = Statement(name: "echo", sql: "select unnest($1)")
            let results = try connection.pipelineAtomically((0..<4).map { _ in StatementCall(echo, [payload]) })
            for rows in results {
                #expect(rows.count == 100)
                try #expect(rows.bytes(99, 0).count == 64 << 10)
            }
        }
    }

    @Test("When the session ends within a pipeline, that is thrown and the connection is closed")
    func lost() async throws {
        try await withTable { connection in
            let error = #expect(throws: PostgresError.self) {
                try connection.pipelineAtomically([
                    StatementCall(Self.sum), StatementCall(Statement("select pg_terminate_backend(pg_backend_pid())")),
                    StatementCall(Self.sum),
                ])
            }
            #expect(error?.isConnectionLost == true)
            #expect(!connection.isUsable)
        }
    }
}
