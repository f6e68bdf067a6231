import PostgresClient
import TestSupport
import Testing
import Threads

@Suite("A canceller")
struct CancelTests {
    @Test("A cut ends the wait at once, the connection is lost, and later cuts do nothing")
    func cut() async throws {
        try await withTestDatabase { database in
            try await database.withConnection { connection in
                let canceller = connection.canceller
                try withAsking({ canceller.cut() }) {
                    let error = #expect(throws: PostgresError.self) { try connection.execute("select pg_sleep(600)") }
                    #expect(error?.isConnectionLost == true)
                }
                #expect(!connection.isUsable)
                connection.close()
                canceller.cut()
            }
        }
    }

    /// Asks again and again, because the first cut may come before the statement has begun.
    private func withAsking(_ ask: @escaping @Sendable () -> Void, body: () -> Void) throws {
        let isOver = Monitor(false)
        let thread = try NamedThread("canceller") {
            while isOver.wait(timeout: .milliseconds(1), for: { $0 ? true : nil }) == nil { ask() }
        }
        body()
        isOver.update { $0 = true }
        thread.join()
    }
}
