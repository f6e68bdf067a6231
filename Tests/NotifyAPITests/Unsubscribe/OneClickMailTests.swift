import DevMailbox
import Foundation
import HTTPTypes
import NotifyCore
import TestSupport
import Testing

@testable import NotifyAPI

@Suite("Unsubscribing from real mails", .timeLimit(.minutes(5)))
struct OneClickMailTests {
    @Test("The POST that a mail's own header asks for stops the next mail of that kind, and no other")
    func header() async throws {
        try await withAPI { api in
            let mailbox = try await DevMailbox.start(MailboxConfiguration())
            let worker = try await TestWorker.start(on: api.database, sendingTo: mailbox)
            let ticket = "select notify.enqueue('assigned_ticket', '\(ada)', '\(ticket)', '\(acme)')"
            #expect(try await worker.outcome(of: try await worker.enqueue(ticket)) == "sent")

            let mail = try #require(mailbox.state.mails.first)
            let (path, body) = try #require(Self.oneClick(of: String(decoding: mail.content, as: UTF8.self)))
            #expect(try await api.send(.get, path).status == 200)
            #expect(try await worker.outcome(of: try await worker.enqueue(ticket)) == "sent", "it was only looked at")
            #expect(try await api.post(path, body).status == 200)

            #expect(try await worker.outcome(of: try await worker.enqueue(ticket)) == "skipped: preference_off")
            let reminder = """
                select notify.enqueue('assigned_reminder', '\(ada)',
                    '{"reminder_id":"1","title":"Call back","url":"https://app.example.com/r/1"}', '\(acme)')
                """
            #expect(try await worker.outcome(of: try await worker.enqueue(reminder)) == "sent")
            let other = ticket.replacing(ada, with: bob)
            #expect(try await worker.outcome(of: try await worker.enqueue(other)) == "sent")
            try await worker.stop()
            await mailbox.stop()
        }
    }

    /// What a mail program makes of the two header fields (RFC 8058 §3.1).
    private static func oneClick(of mail: String) -> (path: String, body: String)? {
        let header = mail.replacing(/\r\n[ \t]+/, with: " ")
        guard let url = header.firstMatch(of: /\r\nList-Unsubscribe: *<https:\/\/notify\.example\.com(\/u\/[^>]+)>\r\n/)?.1,
            let body = header.firstMatch(of: /\r\nList-Unsubscribe-Post: *([^\r]+)\r\n/)?.1
        else { return nil }
        return (String(url), String(body))
    }
}
