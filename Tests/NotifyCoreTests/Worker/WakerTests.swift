import Logging
import PostgresClient
import TestSupport
import Testing
import Threads

@testable import NotifyCore

@Suite("Being woken")
struct WakerTests {
    @Test("The log says on which server it listens")
    func says() async throws {
        try await withTestDatabase(.directory) { database in
            let listening = try await lines(of: database.direct.conninfo)
            #expect(listening.count == 1)
            #expect(listening.first?.hasPrefix("listening for notifications") == true)
            #expect(listening.first?.contains("database \"\(database.name)\"") == true)
        }
    }

    @Test("Behind a pooler it says that it polls", .enabled(if: TestPooler.isInstalled, "apt-get install pgbouncer"))
    func saysOfPooler() async throws {
        try await withTestDatabase(.directory) { database in
            let pooler = try await TestPooler.start(.transaction)
            defer { pooler.stop() }
            let polling = try await lines(of: pooler.conninfo(database))
            #expect(polling.count == 1)
            #expect(polling.first?.hasPrefix("the database is behind a pooler: polling only") == true)
        }
    }

    /// What a waker logs until it has rung for the first time, or has ended by itself.
    private func lines(of conninfo: String) async throws -> [String] {
        let log = LogLines()
        try await onThread {
            let bell = Bell()
            let signal = try WakeSignal()
            let thread = try NamedThread("waker") {
                let listener = Listener(conninfo, channels: ["notify_events"], signal: signal)
                Waker(listener: listener, bell: bell, logger: log.logger).run()
                bell.ring()
            }
            #expect(bell.wait(timeout: .seconds(30)))
            signal.stop()
            thread.join()
        }
        return log.all
    }

    @Test("The claimer's bell rings after every connect and whenever a producer commits")
    func rings() async throws {
        try await withTestDatabase(.directory) { database in
            try await database.withConnection { connection in
                let bell = Bell()
                let signal = try WakeSignal()
                let conninfo = database.direct.conninfo
                let thread = try NamedThread("waker") {
                    let options = ConnectionOptions(applicationName: "listen")
                    let listener = Listener(conninfo, options: options, channels: ["notify_events"], signal: signal)
                    Waker(listener: listener, bell: bell, logger: quiet).run()
                }
                defer {
                    signal.stop()
                    thread.join()
                }
                #expect(bell.wait(timeout: .seconds(30)), "connected")
                try connection.execute(enqueueTicket())
                #expect(bell.wait(timeout: .seconds(30)), "enqueued")
                try connection.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'listen'")
                #expect(bell.wait(timeout: .seconds(30)), "connected again")
                try connection.execute("select setval('notify.wake_clock', 1)")
                try connection.execute(enqueueTicket())
                #expect(bell.wait(timeout: .seconds(30)), "enqueued again")
            }
        }
    }
}

private let quiet: Logger = {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    return logger
}()
