import TestSupport
import Testing

@testable import PostgresClient

@Suite("Statements and transactions")
struct StatementTests {
    private static let add = Statement(name: "add", sql: "select $1 + $2")
    private static let count = Statement("select count(*) from pg_prepared_statements")

    @Test("A named statement is prepared once for each connection, an unnamed one never")
    func preparedOnce() async throws {
        try await withTestDatabase { database in
            try await database.withConnection { connection in
                for number in 0..<3 as Range<Int64> {
                    try #expect(connection.run(Self.add, [number, 1 as Int64]).int64(0, 0) == number + 1)
                    try #expect(connection.run(Statement("select $1"), [number]).int64(0, 0) == number)
                }
                try #expect(connection.run(Self.count).int64(0, 0) == 1)
            }
        }
    }

    @Test("Without preparation a named statement leaves nothing in the session")
    func unprepared() async throws {
        try await withTestDatabase { database in
            var options = ConnectionOptions()
            options.usesPreparedStatements = false
            try await database.withConnection(options: options) { connection in
                try #expect(connection.run(Self.add, [1 as Int64, 2 as Int64]).int64(0, 0) == 3)
                try #expect(connection.run(Self.count).int64(0, 0) == 0)
            }
        }
    }

    @Test("A name stands for one text and one list of parameter types")
    func oneNameOneStatement() async throws {
        try await withTestDatabase { database in
            try await database.withConnection { connection in
                _ = try connection.run(Self.add, [1 as Int64, 2 as Int64])
                let types = #expect(throws: PostgresError.self) {
                    try connection.run(Self.add, [1 as Int32, 2 as Int32])
                }
                #expect(types?.code == .usage)
                let text = #expect(throws: PostgresError.self) {
                    try connection.run(Statement(name: "add", sql: "select 1"), [1 as Int64, 2 as Int64])
                }
                #expect(text?.code == .usage)
                #expect(connection.isUsable)
            }
        }
    }

    @Test("A statement goes on after a migration changed what it returns, and after DEALLOCATE ALL")
    func preparedAnew() async throws {
        try await withTestDatabase { database in
            try await database.withConnection { connection in
                let all = Statement(name: "all", sql: "select * from t")
                try connection.execute("create table t (a int)")
                #expect(try connection.run(all).types.count == 1)
                try connection.execute("alter table t add b int")
                #expect(try connection.run(all).types.count == 2)
                try connection.execute("alter table t add c int")
                #expect(try connection.pipelineAtomically([StatementCall(all)])[0].types.count == 3)
                try connection.execute("deallocate all")
                #expect(try connection.run(all).types.count == 3)
                try connection.execute("alter table t add d int")
                let error = #expect(throws: PostgresError.self) { try connection.transaction { try $0.run(all) } }
                #expect(error?.sqlState == "0A000")
                #expect(try connection.transaction { try $0.run(all).types.count } == 4)
            }
        }
    }

    @Test("A NUL byte in the SQL is refused before it cuts the text")
    func nul() async throws {
        try await withTestDatabase { database in
            try await database.withConnection { connection in
                let first = #expect(throws: PostgresError.self) { try connection.execute("select 1\0; drop table t") }
                let second = #expect(throws: PostgresError.self) { try connection.run(Statement("select 1\0")) }
                #expect(first?.code == .usage)
                #expect(second?.code == .usage)
            }
        }
    }

    @Test("COPY is refused, and the connection then works or says that it is lost")
    func copy() async throws {
        try await withTestDatabase { database in
            try await database.withConnection { connection in
                let error = #expect(throws: PostgresError.self) { try connection.execute("copy (select 1) to stdout") }
                #expect(error?.code == .usage)
                try connection.execute("select 1")
            }
        }
    }

    private struct Mishap: Error {}

    @Test("A transaction is committed on return and rolled back on a throw")
    func transaction() async throws {
        try await withTestDatabase { database in
            try await database.withConnection { connection in
                try connection.execute("create table t (a int)")
                let result = try connection.transaction { connection in
                    try connection.execute("insert into t values (1)")
                    return "done"
                }
                #expect(result == "done")
                #expect(throws: Mishap.self) {
                    try connection.transaction { connection in
                        try connection.execute("insert into t values (2)")
                        throw Mishap()
                    }
                }
                #expect(!connection.isInTransaction)
                try #expect(connection.run(Statement("select sum(a) from t")).int64(0, 0) == 1)
            }
        }
    }

    @Test("A transaction whose failure was swallowed is not reported as committed")
    func swallowedFailure() async throws {
        try await withTestDatabase { database in
            try await database.withConnection { connection in
                let error = #expect(throws: PostgresError.self) {
                    try connection.transaction { connection in _ = try? connection.execute("select 1/0") }
                }
                #expect(error?.code == .usage)
                #expect(!connection.isInTransaction)
                let nested = #expect(throws: PostgresError.self) {
                    try connection.transaction { try $0.transaction { _ in } }
                }
                #expect(nested?.code == .usage)
                #expect(!connection.isInTransaction)
            }
        }
    }
}
