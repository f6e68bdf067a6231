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

    @Test("What the settler could not write by the end of the grace period is written with the sign-off")
    func writtenAtSignOff() async throws {
        try await withWorker(prepare: { database in
            // The settler's session alone meets a disk that is full.
            try await database.execute(
                """
                create function notify.refuse() returns trigger language plpgsql as $$ begin
                    if current_setting('application_name') = 'notify-worker settle' then
                        raise exception sqlstate '53100';
                    end if;
                    return new;
                end $$;
                create trigger refuse before insert on notify.deliveries for each row execute function notify.refuse()
                """)
        }) { worker in
            for _ in 0..<3 { try await worker.enqueue(enqueueTicket()) }
            _ = try await worker.mailbox.mails(count: 3)
            #expect(try await worker.database.value("select count(*) from notify.deliveries") == "0")
            #expect(try await worker.stop(within: .milliseconds(500)).unsettled == 0)
            let rows = try await worker.database.column(
                """
                select 'open' from notify.events union all select 'worker' from notify.workers
                union all select outcome from notify.deliveries
                """)
            #expect(rows == ["sent", "sent", "sent"])
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
