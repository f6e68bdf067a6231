import DevMailbox
import PostgresClient
import TestSupport
import Testing
import Threads

@testable import NotifyCore

/// The sign-off writes what the settler had to leave: here everything, because the settler's session alone meets a disk
/// that is full.
@Suite("Signing off")
struct SignOffTests {
    private static func refuse(_ condition: String, sqlState: String, named name: String) -> String {
        """
        create function notify.\(name)() returns trigger language plpgsql as $$ begin
            if \(condition) then raise exception sqlstate '\(sqlState)'; end if;
            return new;
        end $$;
        create trigger \(name) before insert on notify.deliveries for each row execute function notify.\(name)()
        """
    }

    private static let settlerFails = refuse(
        "current_setting('application_name') = 'notify-worker settle'", sqlState: "53100", named: "fill_disk")

    private static let rows = """
        select state from notify.events union all select 'worker' from notify.workers
        union all select outcome from notify.deliveries
        """

    @Test("What the settler could not write by the end of the grace period is written with the sign-off")
    func written() async throws {
        try await withWorker(prepare: { try await $0.execute(Self.settlerFails) }) { worker in
            for _ in 0..<3 { try await worker.enqueue(enqueueTicket()) }
            _ = try await worker.mailbox.mails(count: 3)
            #expect(try await worker.database.value("select count(*) from notify.deliveries") == "0")
            #expect(try await worker.stop(within: .milliseconds(500)).unsettled == 0)
            #expect(try await worker.database.column(Self.rows) == ["sent", "sent", "sent"])
        }
    }

    @Test("One outcome that cannot be written costs no other its own, and its event stays leased, not to be sent again")
    func oneThatFails() async throws {
        try await withWorker(prepare: { database in
            try await database.execute(Self.settlerFails)
            try await database.execute(Self.refuse("new.user_id = '\(bob)'", sqlState: "23514", named: "check_bob"))
        }) { worker in
            for user in [ada, bob, ada, ada] { try await worker.enqueue(enqueueTicket(user)) }
            _ = try await worker.mailbox.mails(count: 4)
            #expect(try await worker.stop(within: .milliseconds(500)).unsettled == 1)
            #expect(try await worker.database.column(Self.rows) == ["leased", "worker", "sent", "sent", "sent"])
        }
    }

    @Test("A row that somebody else keeps locked is asked for again, and written once it is free")
    func locked() async throws {
        var options = TestWorker.Options()
        options.databasePatience = .seconds(60)
        try await withWorker(options, prepare: { try await $0.execute(Self.settlerFails) }) { worker in
            var last: Int64 = 0
            for _ in 0..<3 { last = try await worker.enqueue(enqueueTicket()) }
            _ = try await worker.mailbox.mails(count: 3)
            let isLocked = StopSignal()
            async let release: Void = worker.database.withConnection { [last] holder in
                try holder.execute("begin; select from notify.events where id = \(last) for update")
                isLocked.request()
                try holder.wait(until: "select count(*) = 2 from notify.deliveries")
                #expect(try holder.value("select count(*) from notify.workers") == "1")
                try holder.execute("rollback")
            }
            _ = try await onThread { isLocked.wait(.seconds(60)) }
            #expect(try await worker.stop(within: .milliseconds(500)).unsettled == 0)
            try await release
            #expect(try await worker.database.column(Self.rows) == ["sent", "sent", "sent"])
        }
    }
}
