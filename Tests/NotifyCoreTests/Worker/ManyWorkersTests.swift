import DevMailbox
import PostgresClient
import TestSupport
import Testing

@testable import NotifyCore

@Suite("Workers beside each other, and after each other")
struct ManyWorkersTests {
    /// Each mail's Message-ID, which is the event's own.
    private static func messageIDs(_ mails: [CapturedMail]) -> [Substring] {
        mails.compactMap { mail in
            let text = String(decoding: mail.content, as: UTF8.self)
            return text.firstMatch(of: /\r\nMessage-ID: <([^>]+)>/)?.1.description[...]
        }
    }

    @Test("Two workers share 1,000 events, and each becomes one mail")
    func race() async throws {
        try await withWorker { first in
            let second = try await TestWorker.start(on: first.database, sendingTo: first.mailbox)
            try await first.database.execute(insertTickets(1_000, buckets: 9))
            do {
                _ = try await first.mailbox.mails(count: 1_000, within: .seconds(120))
                try await first.waitUntilQueueIsEmpty()
            } catch {
                try await second.stop(within: .seconds(1))
                throw error
            }
            try await second.stop()
            let ids = Self.messageIDs(first.mailbox.state.mails)
            #expect(ids.count == 1_000)
            #expect(Set(ids).count == 1_000)
            #expect(
                try await first.database.value("select count(*) from notify.deliveries where outcome = 'sent'")
                    == "1000")
            #expect(try await first.database.value("select count(*) from notify.attempts") == "0")
        }
    }

    @Test("What a dead worker held is sent by another, uncharged")
    func rescued() async throws {
        var options = TestWorker.Options()
        options.lease = .seconds(2)
        try await withWorker(
            options,
            prepare: { database in
                try await database.execute(insertTickets(10))
                try await database.withConnection { connection in
                    let dead = try QueueClient(connection)
                    #expect(try dead.claim(10).count == 10)
                    try dead.die()
                }
            }
        ) { worker in
            try await worker.waitUntilQueueIsEmpty()
            let rows = try await worker.database.column(
                "select distinct concat_ws(' ', outcome, attempts) from notify.deliveries")
            #expect(rows == ["sent 1"])
            #expect(Set(Self.messageIDs(try await worker.mailbox.mails(count: 10))).count == 10)
            #expect(try await worker.database.value("select count(*) from notify.workers") == "1")
        }
    }

    @Test("A database that throws all sessions out, again and again, costs no mail and doubles none")
    func databaseRestarts() async throws {
        try await withWorker(prepare: { try await $0.execute(insertTickets(2_000, buckets: 5)) }) { worker in
            let restarts = try await worker.database.withConnection { connection in
                var restarts = 0
                while try connection.value("select exists (select from notify.events)") == "true" {
                    let before = Int(try connection.value("select count(*) from notify.deliveries") ?? "") ?? 0
                    try connection.execute(
                        """
                        select pg_terminate_backend(pid) from pg_stat_activity
                         where datname = current_database() and application_name like 'notify-worker%'
                        """)
                    restarts += 1
                    // Some work gets done between two of them.
                    try connection.wait(
                        until: "select count(*) >= \(min(before + 250, 2_000)) from notify.deliveries")
                }
                return restarts
            }
            #expect(restarts >= 3)
            try await worker.stop()
            let ids = Self.messageIDs(worker.mailbox.state.mails)
            #expect(ids.count == 2_000)
            #expect(Set(ids).count == 2_000)
            #expect(
                try await worker.database.value("select count(*) from notify.deliveries where outcome = 'sent'")
                    == "2000")
        }
    }

    @Test("While the relay is away events wait uncharged, and all go out once it is back")
    func relayAway() async throws {
        try await withTestDatabase(.directory) { database in
            try await database.execute(insertTickets(40))
            let mailbox = try await DevMailbox.start()
            await mailbox.suspend()
            let worker = try await TestWorker.start(on: database, sendingTo: mailbox)
            do {
                try await worker.database.withConnection { connection in
                    // The breaker has opened: everything was handed back, and one probe at most is out.
                    try connection.wait(
                        until:
                            "select count(*) filter (where tried) > 0 and count(*) filter (where state = 'leased') <= 1 from notify.events"
                    )
                    #expect(try connection.value("select count(*) from notify.events where attempts = 0") == "40")
                }
                try await mailbox.resume()
                _ = try await mailbox.mails(count: 40, within: .seconds(90))
                try await worker.waitUntilQueueIsEmpty()
            } catch {
                try await worker.stop(within: .seconds(1))
                await mailbox.stop()
                throw error
            }
            try await worker.stop()
            #expect(mailbox.state.mailCount == 40)
            let rows = try await database.column(
                "select distinct concat_ws(' ', outcome, attempts) from notify.deliveries")
            #expect(rows == ["sent 1"])
            await mailbox.stop()
        }
    }
}
