import DevMailbox
import TestSupport
import Testing

@testable import NotifyCore

@Suite("One noisy organisation beside twenty quiet ones")
struct FairnessTests {
    @Test("The one mail of each quiet organisation is among the first tenth")
    func quietOnesFirst() async throws {
        try await withWorker(
            prepare: { database in
                try await database.execute(insertTickets(3_000))
                try await database.execute(
                    """
                    select notify.upsert_organization(md5('o' || n)::uuid, 'Quiet ' || n),
                           notify.upsert_user(md5('u' || n)::uuid, 'quiet' || n || '@example.com', 'Quiet')
                      from generate_series(1, 20) n;
                    select notify.add_member(md5('o' || n)::uuid, md5('u' || n)::uuid) from generate_series(1, 20) n;
                    select notify.enqueue('assigned_ticket', md5('u' || n)::uuid, '\(ticket)', md5('o' || n)::uuid)
                      from generate_series(1, 20) n;
                    """)
            }
        ) { worker in
            let mails = try await worker.mailbox.mails(count: 3_020, within: .seconds(120))
            let quiet = mails.indices.filter { mails[$0].recipients.first?.hasPrefix("quiet") == true }
            #expect(quiet.count == 20)
            #expect(quiet.last.map { $0 < 302 } == true, "the last is number \(quiet.last ?? -1)")
            try await worker.waitUntilQueueIsEmpty()
            #expect(
                try await worker.database.value("select count(*) from notify.deliveries where outcome = 'sent'")
                    == "3020")
        }
    }
}
