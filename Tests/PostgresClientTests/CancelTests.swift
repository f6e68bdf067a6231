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

    @Test(
        "A cut ends connecting, whether the server takes no login or answers nothing after it",
        arguments: [false, true])
    func cutWhileConnecting(takesLogin: Bool) async throws {
        let server = try SilentServer(takesLogin: takesLogin)
        let error = try await onThread {
            let canceller = Canceller()
            let cutter = try NamedThread("canceller") {
                server.waitUntilAsked()
                canceller.cut()
            }
            defer { cutter.join() }
            return #expect(throws: PostgresError.self) {
                try PostgresConnection(server.conninfo, canceller: canceller)
            }
        }
        #expect(error?.isConnectionLost == true)
        // libpq's own patience would have ended as a failure with its reason.
        #expect(takesLogin || error?.message.hasSuffix("given up") == true)
    }

    @Test("A connection that was cut before it was made is never made")
    func cutBefore() async throws {
        try await withTestDatabase { database in
            let conninfo = database.conninfo
            try await onThread {
                let canceller = Canceller()
                try PostgresConnection(conninfo, canceller: canceller).close()
                canceller.cut()
                let error = #expect(throws: PostgresError.self) {
                    try PostgresConnection(conninfo, canceller: canceller)
                }
                #expect(error?.message.hasSuffix("given up") == true)
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
