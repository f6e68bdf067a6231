import PostgresClient
import TestSupport
import Testing
import Threads

@Suite("A listener")
struct ListenerTests {
    @Test("A notification ends the wait, with its channel and payload")
    func notification() async throws {
        try await withTestDatabase { database in
            try await database.withConnection { connection in
                let listener = Listener(
                    database.conninfo, channels: ["work", "Other \"one\""], signal: try WakeSignal())
                try listener.connect()
                try connection.execute(#"begin; notify work, 'now'; notify "Other ""one"""; commit"#)
                guard case .notifications(let received) = listener.wait(timeout: .seconds(60)) else {
                    Issue.record("no notification")
                    return
                }
                #expect(received.map(\.channel) == ["work", "Other \"one\""])
                #expect(received.map(\.payload) == ["now", ""])
                listener.close()
            }
        }
    }

    @Test("A wait ends when its time is up, with or without a connection", arguments: [true, false])
    func timeout(isConnected: Bool) async throws {
        try await withTestDatabase { database in
            try await onThread {
                let listener = Listener(database.conninfo, channels: ["work"], signal: try WakeSignal())
                if isConnected { try listener.connect() }
                #expect(listener.isConnected == isConnected)
                let start = ContinuousClock.now
                guard case .timedOut = listener.wait(timeout: .milliseconds(20)) else {
                    Issue.record("it ended for another reason")
                    return
                }
                #expect(start.duration(to: .now) >= .milliseconds(20))
            }
        }
    }

    @Test("Another thread's wake ends one wait, its stop every one")
    func wakeAndStop() async throws {
        try await withTestDatabase { database in
            try await onThread {
                let signal = try WakeSignal()
                let listener = Listener(database.conninfo, channels: ["work"], signal: signal)
                try listener.connect()
                let waker = try NamedThread("waker") { signal.wake() }
                guard case .woken = listener.wait(timeout: .seconds(60)) else {
                    Issue.record("not woken")
                    return
                }
                waker.join()
                guard case .timedOut = listener.wait(timeout: .milliseconds(1)) else {
                    Issue.record("woken twice")
                    return
                }
                let stopper = try NamedThread("stopper") { signal.stop() }
                for _ in 0..<2 {
                    guard case .stopped = listener.wait(timeout: .seconds(60)) else {
                        Issue.record("not stopped")
                        return
                    }
                }
                stopper.join()
            }
        }
    }

    @Test("A lost connection is reported once; after that the listener waits without, and can connect again")
    func lost() async throws {
        try await withTestDatabase { database in
            try await database.withConnection { connection in
                let listener = Listener(database.conninfo, channels: ["work"], signal: try WakeSignal())
                try listener.connect()
                let ended = try connection.run(
                    Statement(
                        """
                        select pg_terminate_backend(pid, 10000) from pg_stat_activity
                        where datname = current_database() and query like 'listen%'
                        """))
                #expect(ended.count == 1)
                guard case .lost(let error) = listener.wait(timeout: .seconds(60)) else {
                    Issue.record("not lost")
                    return
                }
                #expect(error.isConnectionLost)
                #expect(!listener.isConnected)
                guard case .timedOut = listener.wait(timeout: .milliseconds(1)) else {
                    Issue.record("something came from nowhere")
                    return
                }
                try listener.connect()
                try connection.execute("notify work")
                guard case .notifications = listener.wait(timeout: .seconds(60)) else {
                    Issue.record("no notification")
                    return
                }
            }
        }
    }
}
