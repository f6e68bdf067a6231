import Foundation
import Testing

@testable import SMTPSender

@Suite("Mails read back by Python's strict e-mail parser", .serialized)
struct MailReaderTests {
    @Test("Generated mails come back as they went in", arguments: [1, 2, UInt64.random(in: 0...UInt64.max)])
    func generated(seed: UInt64) async throws {
        var generator = DraftGenerator(seed: seed)
        var reader = MailReader()
        for index in 0..<500 { try reader.add("\(index)", generator.next()) }
        let report = try await reader.report()
        #expect(report.exitCode == 0, "seed \(seed): \(report.output.prefix(2_000))")
        #expect(report.output.hasSuffix("500 mails read, 0 faults\n"))
    }

    @Test(
        "Addresses that need SMTPUTF8 come back whole",
        arguments: [
            "用户@example.com", "josé@xn--bcher-kva.example", "\"zoë q\"@example.com", "δοκιμή@example.com",
        ])
    func international(address: String) async throws {
        var draft = Draft()
        draft.to = Draft.Party(name: "Zoë", address: address)
        draft.replyTo = Draft.Party(name: "", address: address)
        var reader = MailReader()
        try reader.add(address, draft)
        let report = try await reader.report()
        #expect(report.exitCode == 0, "\(report.output)")
    }

    @Test("Every piece alone, as name, subject, text and HTML", arguments: [1, 2, 15, 10_000])
    func pieces(repeats: Int) async throws {
        var reader = MailReader()
        for (index, piece) in (DraftGenerator.headerPieces + DraftGenerator.bodyPieces).enumerated() {
            var draft = Draft()
            let text = String(repeating: piece, count: max(1, min(repeats, 20_000 / piece.utf8.count)))
            draft.from.name = text
            draft.to.name = text
            draft.subject = text
            draft.text = text
            draft.html = text
            try reader.add("\(index)", draft)
        }
        let report = try await reader.report()
        #expect(report.exitCode == 0, "\(report.output.prefix(2_000))")
    }

    @Test("The check itself finds a changed text, a second header and a long line")
    func checkCanFail() async throws {
        var draft = Draft()
        draft.headers = [["X-A", "b"]]
        let mail = try draft.composed()
        for (old, new, fault) in [
            ("Hello\r\n\r\n--", "Hallo\r\n\r\n--", "text differs"),
            ("X-A: b", "X-A: b\r\nBcc: c@example.com", "fields"),
            ("Subject: A", "Subject: B", "Subject"),
            ("7bit\r\n\r\n", "7bit\r\n\r\n\(String(repeating: "a", count: 999))", "line over 998"),
            ("<p>", "<p>\n", "bare CR, LF or NUL"),
            ("Jane Doe <", "\"Jane Doe <", "To"),
        ] {
            var reader = MailReader()
            reader.add("changed", draft, mail: Data(mail.replacing(old, with: new).utf8))
            let report = try await reader.report()
            #expect(report.exitCode == 1)
            #expect(report.output.contains(fault), "\(report.output)")
        }
    }
}
