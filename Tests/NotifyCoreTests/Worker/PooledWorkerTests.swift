import DevMailbox
import PostgresClient
import TestSupport
import Testing

@testable import NotifyCore

/// The short part that always runs. With `NOTIFY_TEST_POOLER=pgbouncer` all tests of the queue and the worker go this way.
@Suite("A worker behind PgBouncer", .enabled(if: TestPooler.isInstalled, "apt-get install pgbouncer"))
struct PooledWorkerTests {
    @Test("The tests' databases are behind a pooler exactly when the whole suite was asked to be")
    func wanted() async throws {
        try await withTestDatabase { database in
            let isPooled = try await database.withConnection { $0.isBehindPooler }
            #expect(isPooled == TestPooler.isWanted)
            let isDirectPooled = try await database.direct.withConnection { $0.isBehindPooler }
            #expect(!isDirectPooled)
        }
    }

    @Test("Events are enqueued, sent, tried again, skipped and cancelled, and a stop leaves nothing behind")
    func path() async throws {
        let faults = [FaultRule(.rcpt, .first(1), .reply(450, "4.2.0", "Busy"))]
        try await withWorker(faults: faults, isPooled: true) { worker in
            #expect(try await worker.database.withConnection { $0.isBehindPooler })
            let busy = try await worker.enqueue(enqueueTicket(ada))
            #expect(try await worker.outcome(of: busy) == "sent")
            #expect(try await worker.database.value("select count(*) from notify.attempts") == "1")
            try await worker.database.execute("select notify.set_email_preference('\(ada)', 'assigned_tickets', false)")
            let unwanted = try await worker.enqueue(enqueueTicket(ada))
            #expect(try await worker.outcome(of: unwanted) == "skipped: preference_off")
            _ = try await worker.enqueue(enqueueTicket(bob, "dedupe_key => 'k', send_at => now() + interval '1 h'"))
            #expect(try await worker.database.value("select notify.cancel('k')") == "true")
            try await worker.waitUntilQueueIsEmpty()
            try await worker.stop()
            #expect(try await worker.database.value("select count(*) from notify.workers") == "0")
        }
    }

    @Test("What changes while a mail waits behind a slow relay still stops it")
    func recheck() async throws {
        let gate = Gate()
        defer { gate.release() }
        var options = TestWorker.Options()
        options.connections = 1
        try await withWorker(faults: [FaultRule(.dot, .first(1), .hold(gate))], options, isPooled: true) { worker in
            try await worker.enqueue(enqueueTicket(bob))
            try await worker.mailbox.applied("dot: hold")
            let waiting = try await worker.enqueue(enqueueTicket(ada))
            try await worker.database.withConnection { connection in
                try connection.wait(until: "select state = 'leased' from notify.events where id = \(waiting)")
                #expect(try connection.value("select notify.cancel_event(\(waiting))") == "marked")
                try connection.wait(milliseconds: 300)
            }
            gate.release()
            #expect(try await worker.outcome(of: waiting) == "cancelled: by_operator")
        }
    }

    @Test("Two workers share 500 events, and each becomes one mail")
    func race() async throws {
        try await withWorker(isPooled: true) { first in
            let second = try await TestWorker.start(on: first.database, sendingTo: first.mailbox)
            try await first.database.execute(insertTickets(500, buckets: 5))
            do {
                try await first.waitUntilQueueIsEmpty()
            } catch {
                try await second.stop(within: .seconds(1))
                throw error
            }
            try await second.stop()
            #expect(first.mailbox.state.mailCount == 500)
            let outcomes = "select count(*) from notify.deliveries where outcome = 'sent'"
            #expect(try await first.database.value(outcomes) == "500")
        }
    }

    @Test("A claim waits for no table lock longer than its limit, and goes on when it is gone")
    func lockedTable() async throws {
        try await withTestDatabase(.directory) { direct in
            let database = try await direct.pooled()
            let conninfo = database.conninfo
            try await direct.withConnection { holder in
                try holder.execute(enqueueTicket())
                var options = ConnectionOptions(applicationName: "worker")
                options.lockTimeout = .milliseconds(50)
                let client = try QueueClient(PostgresConnection(conninfo, options: options))
                defer { client.connection.close() }
                try holder.execute("begin; lock table notify.events in access exclusive mode")
                let error = #expect(throws: PostgresError.self) { try client.claim(1) }
                #expect(error?.sqlState == .lockNotAvailable)
                try holder.execute("rollback")
                #expect(try client.claim(1).count == 1)
            }
        }
    }
}
