import DevMailbox
import Foundation
import TestSupport
import Testing

@Suite("Commands on a real relay", .timeLimit(.minutes(5)))
struct RelayCommandsTests {
    private func settings(_ mailbox: DevMailbox, tls: String = "off") -> [String: String] {
        Program.settings.merging(["NOTIFY_SMTP_URL": "smtp://127.0.0.1:\(mailbox.smtpPort)?tls=\(tls)"]) { $1 }
    }

    @Test("test-send sends one mail marked as a test, and tells the relay's answer and the time")
    func accepted() async throws {
        try await DevMailbox.with { mailbox in
            let output = try await Program.run(
                ["test-send", "jane@example.com", "--json"], settings: settings(mailbox))
            #expect(output.status == 0, "\(output.standardError)")
            let tries = try #require(try output.json() as? [[String: Any]])
            #expect(tries.first?["accepted"] as? Bool == true)
            #expect(tries.first?["code"] as? Int == 250)
            #expect((tries.first?["seconds"] as? Double ?? -1) >= 0)
            let mail = try #require(try await mailbox.mails(count: 1).first)
            #expect(mail.recipients == ["jane@example.com"])
            #expect(String(decoding: mail.content, as: UTF8.self).contains("This is a test."))
        }
    }

    @Test("A refusal is told with its phase and ends with 1; the next relay is asked only when there was no answer")
    func refused() async throws {
        var configuration = MailboxConfiguration()
        configuration.faults = [FaultRule(.rcpt, .always, .reply(550, "5.1.1", "No such user"))]
        try await DevMailbox.with(configuration) { refusing in
            try await DevMailbox.with { other in
                var settings = settings(refusing)
                settings["NOTIFY_SMTP_URL"]?.append(",smtp://127.0.0.1:\(other.smtpPort)?tls=off")
                let refused = try await Program.run(["test-send", "jane@example.com"], settings: settings)
                #expect(refused.status == 1)
                #expect(refused.standardOutput.contains("refused at rcpt"), "\(refused.standardOutput)")
                #expect(refused.standardOutput.contains("550 5.1.1 No such user"))
                #expect(other.state.mails.isEmpty)
                await refusing.suspend()
                let moved = try await Program.run(["test-send", "jane@example.com"], settings: settings)
                #expect(moved.status == 0, "\(moved.standardOutput)")
                #expect(moved.standardOutput.contains("no_session at connect"))
                _ = try await other.mails(count: 1)
            }
        }
    }

    @Test("NOTIFY_MAIL_ALLOW holds for test-send too")
    func notAllowed() async throws {
        try await DevMailbox.with { mailbox in
            var settings = settings(mailbox)
            settings["NOTIFY_MAIL_ALLOW"] = "*@example.org"
            let output = try await Program.run(["test-send", "jane@example.com"], settings: settings)
            #expect(output.status == 78)
            #expect(output.standardError.contains("NOTIFY_MAIL_ALLOW"))
            #expect(mailbox.state.mails.isEmpty)
        }
    }

    @Test("check tells what a relay offers, and what is wrong with one, with the mend")
    func check() async throws {
        try await withTestDatabase(.oneUser) { database in
            try await DevMailbox.with { mailbox in
                var settings = settings(mailbox)
                settings["NOTIFY_DATABASE_URL"] = database.url()
                let good = try await Program.run(["check"], settings: settings)
                #expect(good.status == 0, "\(good.standardOutput)")
                #expect(good.standardOutput.contains("✓ migrations"))
                #expect(
                    good.standardOutput.contains("! relay: 127.0.0.1:\(mailbox.smtpPort): not encrypted, PIPELINING"))
                settings["NOTIFY_SMTP_URL"] = "smtp://127.0.0.1:\(mailbox.smtpPort)"
                let stripped = try await Program.run(["check"], settings: settings)
                #expect(stripped.status == 78)
                #expect(stripped.standardOutput.contains("does not offer STARTTLS"))
                await mailbox.suspend()
                let away = try await Program.run(["check"], settings: settings)
                #expect(away.status == 1)
                #expect(away.standardOutput.contains("✗ relay"))
            }
        }
    }

    @Test("preview shows the sample in each form; the message is what goes over the wire")
    func preview() async throws {
        let text = try await Program.run(["preview", "assigned_ticket", "--locale", "de-AT"])
        #expect(text.status == 0)
        #expect(text.standardOutput.hasPrefix("Subject: "))
        #expect(text.standardError == "notify-worker: assigned_ticket has no templates in de-AT; this is de\n")
        let html = try await Program.run(["preview", "assigned_ticket", "--html"])
        #expect(html.standardError.isEmpty)
        #expect(html.standardOutput.lowercased().hasPrefix("<!doctype html"))
        let message = try await Program.run(["preview", "assigned_ticket", "--eml"])
        #expect(message.standardOutput.contains("\r\nMIME-Version: 1.0\r\n"))
        let own = try await Program.run(
            ["preview", "assigned_ticket", "--payload", "-"],
            input: #"{"ticket_id":"1","subject":"Ein <b>eigener</b> Betreff","url":"https://example.com/1"}"#)
        #expect(own.standardOutput.contains("Ein <b>eigener</b> Betreff"))
        let unknown = try await Program.run(["preview", "assigned_chat"])
        #expect(unknown.status == 64)
        #expect(unknown.standardError.contains("assigned_ticket"))
    }
}
