import DevMailbox
import TestSupport
import Testing

@testable import NotifyCore

@Suite("Stopping a worker")
struct StopTests {
    @Test("A stop gives back at once what was not begun, uncharged, and finishes what is on the wire")
    func givesBack() async throws {
        let gate = Gate()
        defer { gate.release() }
        var options = TestWorker.Options()
        options.connections = 2
        try await withWorker(
            faults: [FaultRule(.dot, .hold(gate))], options, prepare: { try await $0.execute(insertTickets(50)) }
        ) { worker in
            try await worker.mailbox.applied("dot: hold")
            async let stopped = worker.stop(within: .seconds(60))
            // The relay still holds its answers, so the stop is not over: the rest is free for other workers already.
            try await worker.database.withConnection { connection in
                try connection.wait(until: "select count(*) filter (where state = 'ready') >= 40 from notify.events")
                let charged = try connection.value(
                    "select count(*) from notify.events where state = 'ready' and (attempts > 0 or tried or lease_id is not null)"
                )
                #expect(charged == "0")
            }
            #expect(worker.mailbox.state.mailCount == 0)
            gate.release()
            #expect(try await stopped.unsettled == 0)
            let rows = try await worker.database.column(
                """
                select 'leased' from notify.events where state = 'leased'
                union all select 'worker' from notify.workers
                union all select distinct outcome from notify.deliveries
                """)
            #expect(rows == ["sent"])
            let sent = try await worker.database.value("select count(*) from notify.deliveries")
            #expect(sent == "\(worker.mailbox.state.mailCount)")
        }
    }

    @Test("A stop that may wait no longer leaves nothing leased, and says that the relay's answer is unknown")
    func endOfGrace() async throws {
        let gate = Gate()
        defer { gate.release() }
        var options = TestWorker.Options()
        options.connections = 1
        try await withWorker(faults: [FaultRule(.dot, .hold(gate))], options) { worker in
            try await worker.enqueue(enqueueTicket())
            try await worker.mailbox.applied("dot: hold")
            let report = try await worker.stop(within: .milliseconds(300))
            #expect(report.unsettled == 0)
            #expect(
                try await worker.database.column("select concat_ws(' ', state, attempts) from notify.events") == [
                    "waiting 1"
                ])
            #expect(
                try await worker.database.column("select concat_ws(' ', result, phase) from notify.attempts") == [
                    "unknown dot"
                ])
        }
    }

    @Test("A mail that a stop abandons before its final dot goes back at once, uncharged, and leaves no attempt")
    func abandonedBeforeDot() async throws {
        let gate = Gate()
        defer { gate.release() }
        var options = TestWorker.Options()
        options.connections = 1
        try await withWorker(faults: [FaultRule(.data, .hold(gate))], options) { worker in
            try await worker.enqueue(enqueueTicket())
            try await worker.mailbox.applied("data: hold")
            #expect(try await worker.stop(within: .milliseconds(300)).unsettled == 0)
            let states = try await worker.database.column("select concat_ws(' ', state, attempts) from notify.events")
            #expect(states == ["ready 0"])
            #expect(try await worker.database.value("select count(*) from notify.attempts") == "0")
        }
    }

    @Test(
        "A stop does not wait for a database behind a pooler that takes connections and answers nothing",
        .enabled(if: TestPooler.isInstalled, "apt-get install pgbouncer"))
    func silentDatabase() async throws {
        let gate = Gate()
        defer { gate.release() }
        try await withTestDatabase(.directory) { direct in
            let pooler = try await TestPooler.start(.transaction, poolSize: 20)
            defer { pooler.stop() }
            var configuration = MailboxConfiguration()
            configuration.faults = [FaultRule(.dot, .hold(gate))]
            try await DevMailbox.with(configuration) { mailbox in
                let worker = try await TestWorker.start(on: direct.pooled(through: pooler), sendingTo: mailbox)
                _ = try await direct.value(enqueueTicket())
                try await mailbox.applied("dot: hold")
                let duration = try await pooler.whileFrozen {
                    gate.release()
                    _ = try await mailbox.mails(count: 1)
                    let began = ContinuousClock.now
                    #expect(try await worker.stop(within: .milliseconds(300)).unsettled == 1)
                    return ContinuousClock.now - began
                }
                // Three times two seconds of patience. libpq's own is ten for each connection.
                #expect(duration < .seconds(12))
                // Freed it would be sent again at once.
                #expect(try await direct.column("select state from notify.events") == ["leased"])
                #expect(try await direct.value("select count(*) from notify.workers") == "1")
            }
        }
    }

    @Test("A drain ends when nothing is due now, and leaves alone what is due later")
    func drained() async throws {
        var options = TestWorker.Options()
        options.drains = true
        try await withWorker(
            options,
            prepare: { database in
                try await database.execute(insertTickets(300, buckets: 3))
                try await database.execute(enqueueTicket(ada, "send_at => now() + interval '1 h'"))
            }
        ) { worker in
            let result = try await worker.waitForDrain(timeout: .seconds(60))
            #expect(result == .drained)
            #expect(
                try await worker.database.value("select count(*) from notify.deliveries where outcome = 'sent'")
                    == "300")
            #expect(try await worker.database.column("select state from notify.events") == ["waiting"])
        }
    }

    @Test("A drain over a relay that cannot be reached gives up after half a minute, and says why")
    func noRelay() async throws {
        var options = TestWorker.Options()
        options.drains = true
        try await withTestDatabase(.directory) { database in
            try await database.execute(insertTickets(20))
            let mailbox = try await DevMailbox.start()
            await mailbox.suspend()
            let worker = try await TestWorker.start(on: database, sendingTo: mailbox, options)
            let result = try await worker.waitForDrain(timeout: .seconds(120))
            try await worker.stop()
            await mailbox.stop()
            guard case .noRelay(let reason) = result else {
                Issue.record("the drain ended with \(String(describing: result))")
                return
            }
            #expect(reason.contains("127.0.0.1:\(mailbox.smtpPort)"))
            #expect(try await database.value("select count(*) from notify.events where attempts = 0") == "20")
        }
    }
}
