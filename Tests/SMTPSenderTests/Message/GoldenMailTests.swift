import Foundation
import Testing

@testable import SMTPSender

/// `Tests/Fixtures/mails` holds each mail below as it must be, octet for octet. After a wanted change run with
/// `UPDATE_GOLDEN=1` and read the difference.
@Suite("Golden mails")
struct GoldenMailTests {
    static let drafts: [String: Draft] = {
        var english = Draft()
        english.subject = "Ticket 4711: printer on fire"
        english.references = ["thread-1f0c@notify.example.com"]
        english.headers = [
            ["Auto-Submitted", "auto-generated"], ["X-Auto-Response-Suppress", "All"],
            ["List-Id", "Acme Support <assigned-tickets.notify.example.com>"],
            ["List-Unsubscribe", "<https://notify.example.com/u/AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAh>"],
            ["List-Unsubscribe-Post", "List-Unsubscribe=One-Click"],
        ]
        english.text = "Hello Jane,\n\n.dots and From here\n-- \nAcme\n"
        english.html = "<p>Hello <b>Jane</b>,</p>\n"

        var german = english
        german.from = Draft.Party(name: "Größe & Söhne GmbH, Kundendienst", address: "hilfe@xn--bcher-kva.example")
        german.to = Draft.Party(name: "Jürgen Müller", address: "juergen@example.com")
        german.replyTo = Draft.Party(name: "Müller, J.", address: "\"j müller\"@example.com")
        german.subject = "Ticket 4711: Der Drucker druckt nur noch Umlaute, und das über alle Maßen laut"
        german.headers = [["List-Id", "Größe & Söhne <assigned-tickets.notify.example.com>"]]
        german.text =
            "Grüß Gott,\nder Kunde schreibt, dass der Drucker seit gestern nur noch Umlaute druckt: äöüß = ?\n"
        german.html = "<p>Grüß Gott,<br>From hier an steht, was der Kunde schreibt. </p>\n"

        var japanese = english
        japanese.to = Draft.Party(name: "山田 太郎", address: "taro@example.com")
        japanese.subject = "チケット 4711 があなたに割り当てられました：プリンターが燃えています 🔥👩‍🚒"
        japanese.text = "お客様がプリンターの件で至急のご対応を希望されています。\nよろしくお願いいたします。\n"
        japanese.html = "<p>お客様がプリンターの件で至急のご対応を希望されています。</p>\n"

        var plain = Draft()
        plain.subject = ""
        plain.to.name = ""
        plain.text = "No HTML, and no line end"
        plain.html = ""
        return ["english": english, "german": german, "japanese": japanese, "plain": plain]
    }()

    @Test("A mail is what its golden file has", arguments: drafts.keys.sorted())
    func golden(name: String) throws {
        let draft = try #require(Self.drafts[name])
        let content = Data(try draft.message().compose().content)
        let file = Repository.fixtures.appending(path: "mails/\(name).eml")
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] != nil { try content.write(to: file) }
        #expect(String(decoding: content, as: UTF8.self) == String(decoding: try Data(contentsOf: file), as: UTF8.self))
    }

    @Test("Python reads every golden mail as what went in")
    func readBack() async throws {
        var reader = MailReader()
        for (name, draft) in Self.drafts { try reader.add(name, draft) }
        let report = try await reader.report()
        #expect(report.exitCode == 0, "\(report.output)")
    }
}
