import Synchronization
import TestSupport
import Testing

@testable import PostgresClient

@Suite("A query batcher", .timeLimit(.minutes(2)))
struct QueryBatcherTests {
    /// The batches that a body got, in order.
    private final class Record: Sendable {
        private let state = Mutex<[[Int]]>([])
        var batches: [[Int]] { state.withLock { $0 } }
        func add(_ batch: [Int]) { state.withLock { $0.append(batch) } }
    }

    /// Squares by PostgreSQL; 0 is a query that it refuses. The first batch waits at the gate.
    private func batcher(
        _ pool: ConnectionPool, limit: Int = 128, maximumRunning: Int = 1, maximumWaiting: Int = 4_096,
        record: Record = Record(), gate: MeetingPoint? = nil
    ) -> QueryBatcher<Int, Int64> {
        QueryBatcher(pool, limit: limit, maximumRunning: maximumRunning, maximumWaiting: maximumWaiting) {
            queries, connection in
            record.add(queries)
            gate?.arriveAndWait()
            let rows = try connection.run(
                Statement("select n * n * n / n from unnest($1::bigint[]) with ordinality u (n, place) order by place"),
                [queries.map { Int64($0) }])
            return try (0..<rows.count).map { try rows.int64($0, 0) }
        }
    }

    private func withPool(_ size: Int = 4, _ body: (ConnectionPool) async throws -> Void) async throws {
        try await withTestDatabase { database in
            let pool = ConnectionPool(database.conninfo, configuration: .init(size: size))
            do {
                try await body(pool)
            } catch {
                await pool.stop()
                throw error
            }
            await pool.stop()
        }
    }

    private func waitUntil(_ count: Int, waitIn batcher: QueryBatcher<Int, Int64>) async {
        while batcher.waitingCount < count { await Task.yield() }
    }

    @Test("A lone query goes out at once and alone")
    func lone() async throws {
        try await withPool { pool in
            let record = Record()
            let batcher = batcher(pool, record: record)
            let answers = [try await batcher.run(7), try await batcher.run(8)]
            #expect(answers == [49, 64])
            #expect(record.batches == [[7], [8]])
        }
    }

    @Test(
        "What arrives while a batch is under way goes out together, at most as many as the limit, and each gets its own answer"
    )
    func coalescing() async throws {
        try await withPool { pool in
            let record = Record()
            let gate = MeetingPoint()
            let batcher = batcher(pool, limit: 4, record: record, gate: gate)
            let answers = try await withThrowingTaskGroup(of: (Int, Int64).self) { group in
                group.addTask { (1, try await batcher.run(1)) }
                try await onThread { gate.waitForArrival() }
                for query in 2...10 { group.addTask { (query, try await batcher.run(query)) } }
                await waitUntil(9, waitIn: batcher)
                gate.open()
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.count == 10)
            #expect(answers.allSatisfy { $0.1 == Int64($0.0 * $0.0) })
            #expect(record.batches.map(\.count) == [1, 4, 4, 1])
        }
    }

    @Test("Queries are put to the body in the order in which they came, equal ones each for itself")
    func order() async throws {
        try await withPool { pool in
            let record = Record()
            let gate = MeetingPoint()
            let batcher = batcher(pool, record: record, gate: gate)
            var tasks: [Task<Int64, any Error>] = []
            for (place, query) in [1, 5, 3, 3, 9].enumerated() {
                tasks.append(Task { try await batcher.run(query) })
                if place == 0 { try await onThread { gate.waitForArrival() } }
                await waitUntil(place, waitIn: batcher)
            }
            gate.open()
            for (task, answer) in zip(tasks, [1, 25, 9, 9, 81] as [Int64]) { #expect(try await task.value == answer) }
            #expect(record.batches == [[1], [5, 3, 3, 9]])
        }
    }

    @Test("One bad query fails alone: the others of its batch are answered")
    func oneBad() async throws {
        try await withPool { pool in
            let record = Record()
            let gate = MeetingPoint()
            let batcher = batcher(pool, record: record, gate: gate)
            let first = Task { try await batcher.run(1) }
            try await onThread { gate.waitForArrival() }
            let good = [2, 3].map { query in Task { try await batcher.run(query) } }
            let bad = Task { try await batcher.run(0) }
            await waitUntil(3, waitIn: batcher)
            gate.open()
            #expect(try await first.value == 1)
            #expect(try await good[0].value == 4)
            #expect(try await good[1].value == 9)
            let error = await #expect(throws: PostgresError.self) { try await bad.value }
            #expect(error?.sqlState == "22012")
            #expect(record.batches.map(\.count) == [1, 3, 1, 1, 1])
            #expect(try await batcher.run(6) == 36)
        }
    }

    @Test("So many batches are under way at once, and no more")
    func parallel() async throws {
        try await withPool { pool in
            let record = Record()
            let gate = MeetingPoint()
            let batcher = batcher(pool, limit: 1, maximumRunning: 2, record: record, gate: gate)
            let tasks = (1...4).map { query in Task { try await batcher.run(query) } }
            try await onThread { gate.waitForArrival() }
            while record.batches.count < 2 { await Task.yield() }
            await waitUntil(2, waitIn: batcher)
            #expect(batcher.waitingCount == 2)
            gate.open()
            for (query, task) in zip(1..., tasks) { #expect(try await task.value == Int64(query * query)) }
        }
    }

    @Test("A batch that starts when another has just taken all is no batch, and its place is free again")
    func emptied() async throws {
        try await withPool { pool in
            let record = Record()
            let batcher = batcher(pool, maximumRunning: 2, record: record)
            for _ in 1...200 {
                async let one = batcher.run(2)
                async let two = batcher.run(3)
                let answers = try await [one, two]
                #expect(answers == [4, 9])
            }
            #expect(record.batches.allSatisfy { !$0.isEmpty })
        }
    }

    @Test("When nobody more may wait, a query is refused at once, and those that wait are answered")
    func waitingBound() async throws {
        try await withPool { pool in
            let gate = MeetingPoint()
            let batcher = batcher(pool, maximumWaiting: 2, gate: gate)
            let first = Task { try await batcher.run(1) }
            try await onThread { gate.waitForArrival() }
            let waiting = [2, 3].map { query in Task { try await batcher.run(query) } }
            await waitUntil(2, waitIn: batcher)
            let error = await #expect(throws: PostgresError.self) { try await batcher.run(4) }
            #expect(error?.code == .timeout)
            #expect(error?.isTransient == true)
            gate.open()
            #expect(try await first.value == 1)
            #expect(try await waiting[0].value == 4)
            #expect(try await waiting[1].value == 9)
        }
    }

    @Test("Without a database every query of a batch hears why, and the batcher goes on when there is one")
    func poolAway() async throws {
        let port = try LoopbackPort.free()
        let pool = ConnectionPool("host=127.0.0.1 port=\(port) user=postgres dbname=postgres")
        let record = Record()
        let batcher = batcher(pool, record: record)
        let errors = await withTaskGroup(of: PostgresError.Code?.self) { group in
            for query in 1...20 {
                group.addTask {
                    do {
                        _ = try await batcher.run(query)
                        return nil
                    } catch {
                        return (error as? PostgresError)?.code
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(errors == Array(repeating: .connection, count: 20))
        #expect(record.batches == [])
        await pool.stop()
        let error = await #expect(throws: PostgresError.self) { try await batcher.run(1) }
        #expect(error?.code == .closed)
    }
}
