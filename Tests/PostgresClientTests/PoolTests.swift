import PostgresClient
import TestSupport
import Testing
import Threads

@Suite("A connection pool")
struct PoolTests {
    /// Runs `body` with a pool, and stops that afterwards.
    private func withPool(
        _ configuration: ConnectionPool.Configuration, _ body: (ConnectionPool, TestDatabase) async throws -> Void
    ) async throws {
        try await withTestDatabase { database in
            let pool = ConnectionPool(database.conninfo, configuration: configuration)
            do {
                try await body(pool, database)
            } catch {
                await pool.stop()
                throw error
            }
            await pool.stop()
        }
    }

    @Test("Many callers share a few connections, and each gets its own answer")
    func load() async throws {
        try await withPool(.init(size: 3, maximumWaiters: 1000)) { pool, database in
            let answers = try await withThrowingTaskGroup(of: (Int64, Int64, Int32).self) { group in
                for number in 0..<500 as Range<Int64> {
                    group.addTask {
                        try await pool.withConnection { connection in
                            let rows = try connection.run(
                                Statement(name: "echo", sql: "select $1, pg_backend_pid()"), [number])
                            return (number, try rows.int64(0, 0), try rows.int32(0, 1))
                        }
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.count == 500)
            #expect(answers.allSatisfy { $0.0 == $0.1 })
            #expect((1...3).contains(Set(answers.map(\.2)).count))
        }
    }

    @Test("A pool that is not used has no connection")
    func lazy() async throws {
        try await withPool(.init(size: 3)) { pool, database in
            let count = try await database.withConnection { connection in
                try connection.run(
                    Statement("select count(*) from pg_stat_activity where datname = current_database()")
                )
                .int64(0, 0)
            }
            #expect(count == 1)
        }
    }

    @Test("When all are busy and nobody more may wait, a call is refused at once")
    func refused() async throws {
        try await withPool(.init(size: 1, maximumWaiters: 0)) { pool, _ in
            let gate = MeetingPoint()
            async let busy: Void = pool.withConnection { _ in gate.arriveAndWait() }
            try await onThread { gate.waitForArrival() }
            let error = await #expect(throws: PostgresError.self) { try await pool.withConnection { _ in } }
            gate.open()
            try await busy
            #expect(error?.code == .timeout)
            #expect(error?.isTransient == true)
            try await pool.withConnection { try $0.execute("select 1") }
        }
    }

    @Test("A call whose time is up when its turn comes is not run")
    func tooLate() async throws {
        try await withPool(.init(size: 1, waitTimeout: .zero)) { pool, _ in
            let error = await #expect(throws: PostgresError.self) {
                try await pool.withConnection { _ in Issue.record("it ran") }
            }
            #expect(error?.code == .timeout)
        }
    }

    @Test("A task that is cancelled while it waits is let go, and its work never runs")
    func cancelled() async throws {
        try await withPool(.init(size: 1)) { pool, _ in
            let gate = MeetingPoint()
            async let busy: Void = pool.withConnection { _ in gate.arriveAndWait() }
            try await onThread { gate.waitForArrival() }
            let waiting = Task { try await pool.withConnection { _ in Issue.record("it ran") } }
            waiting.cancel()
            await #expect(throws: CancellationError.self) { try await waiting.value }
            gate.open()
            try await busy
        }
    }

    @Test("What a caller throws comes back, and the transaction that it left open is rolled back")
    func leftOpen() async throws {
        try await withPool(.init(size: 1)) { pool, _ in
            let error = await #expect(throws: PostgresError.self) {
                try await pool.withConnection { try $0.execute("begin; create table t (); select 1/0") }
            }
            #expect(error?.sqlState == "22012")
            try await pool.withConnection { try $0.execute("begin; create table t ()") }
            let state = try await pool.withConnection { connection in
                try (
                    connection.isInTransaction, connection.run(Statement("select to_regclass('t') is null")).bool(0, 0)
                )
            }
            #expect(state == (false, true))
        }
    }

    @Test("A connection that was lost, in use or idle, is replaced")
    func replaced() async throws {
        try await withPool(.init(size: 1)) { pool, database in
            let processID = try await pool.withConnection { connection in
                try connection.run(Statement("select pg_backend_pid()")).int32(0, 0)
            }
            try await database.withConnection { connection in
                _ = try connection.run(Statement("select pg_terminate_backend($1, 10000)"), [processID])
            }
            // Lost while idle: the next caller does not notice.
            try await pool.withConnection { try $0.execute("select 1") }
            let error = await #expect(throws: PostgresError.self) {
                try await pool.withConnection { try $0.execute("select pg_terminate_backend(pg_backend_pid())") }
            }
            #expect(error?.isConnectionLost == true)
            try await pool.withConnection { try $0.execute("select 1") }
        }
    }

    @Test("A stop fails those who wait, lets the running one end, and leaves no connection")
    func stop() async throws {
        try await withTestDatabase { database in
            let pool = ConnectionPool(database.conninfo, configuration: .init(size: 1))
            let gate = MeetingPoint()
            async let running = pool.withConnection { connection in
                gate.arriveAndWait()
                return try connection.run(Statement("select 7 from pg_advisory_lock(1)")).int32(0, 0)
            }
            try await onThread { gate.waitForArrival() }
            async let stopping: Void = pool.stop(grace: .seconds(600))
            // Refused or thrown out, as it comes before or after the stop.
            let error = await #expect(throws: PostgresError.self) { try await pool.withConnection { _ in } }
            #expect(error?.code == .closed)
            gate.open()
            #expect(try await running == 7)
            await stopping
            // The server lists a session for a while after the client closed it. Its lock goes with it: wait for that.
            try await database.withConnection { connection in
                try connection.execute("set lock_timeout = '60s'; select pg_advisory_lock(1)")
            }
        }
    }

    @Test("A stop cuts off what runs longer than its grace")
    func cutOff() async throws {
        try await withTestDatabase { database in
            let pool = ConnectionPool(database.conninfo, configuration: .init(size: 1))
            let gate = MeetingPoint()
            let running = Task {
                try await pool.withConnection { connection in
                    gate.arrive()
                    try connection.execute("select pg_sleep(600)")
                }
            }
            try await onThread { gate.waitForArrival() }
            await pool.stop(grace: .zero)
            let error = await #expect(throws: PostgresError.self) { try await running.value }
            #expect(error?.isConnectionLost == true)
        }
    }

    @Test("A stop cuts off a connection that is still being made")
    func cutOffWhileConnecting() async throws {
        let server = try SilentServer(takesLogin: true)
        let pool = ConnectionPool(server.conninfo, configuration: .init(size: 1))
        let waiting = Task { try await pool.withConnection { _ in } }
        try await onThread { server.waitUntilAsked() }
        await pool.stop(grace: .zero)
        let error = await #expect(throws: PostgresError.self) { try await waiting.value }
        #expect(error?.isConnectionLost == true)
    }
}
