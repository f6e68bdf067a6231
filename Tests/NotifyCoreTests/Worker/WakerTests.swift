import Logging
import PostgresClient
import TestSupport
import Testing
import Threads

@testable import NotifyCore

@Suite("Being woken")
struct WakerTests {
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
