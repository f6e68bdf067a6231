import Foundation
import Testing

@testable import Templates

/// Each mail as it stands in `Golden/`. After a change that is meant,
/// `UPDATE_GOLDEN=1 swift test --filter GoldenMailTests` writes them anew; look at the difference, and at the
/// pictures that `scripts/shoot-templates` makes of them.
@Suite("Golden mails")
struct GoldenMailTests {
    @Test(
        "Every kind in every locale is written as it was approved", arguments: TestCatalogue.kinds,
        TestCatalogue.locales)
    func sample(kind: String, locale: String) throws {
        try compare(try TestCatalogue.request(kind, locale: locale), name: "\(kind).\(locale)")
    }

    @Test("With required values only, a mail is still whole", arguments: TestCatalogue.locales)
    func leastPossible(locale: String) throws {
        for kind in TestCatalogue.kinds {
            var request = try TestCatalogue.request(kind, locale: locale)
            request.payload = request.payload.filter { Contract.payloads[kind]?.required.contains($0.key) ?? false }
            request.recipientName = ""
            request.organizationName = nil
            request.unsubscribeURL = nil
            try compare(request, name: "\(kind).\(locale).least")
        }
    }

    @Test("Right-to-left text keeps its direction inside a left-to-right mail")
    func rightToLeft() throws {
        var request = try TestCatalogue.request("assigned_conversation", locale: "de")
        request.payload["subject"] = "أين طلبي رقم 1042؟ لم يصل بعد"
        request.payload["customer"] = "ليلى حداد"
        request.payload["assigned_by"] = "דנה לוי"
        request.payload["preview"] =
            "مرحبا،\n\nطلبت السترة الزرقاء قبل أسبوعين ولم تصل بعد. رقم التتبع هو AB-1042.\nشكرا"
        request.organizationName = "شركة النور"
        request.banner = "Dies ist eine Probe."
        try compare(request, name: "right-to-left.de")
    }

    @Test("Very long words and texts stay inside the mail")
    func longText() throws {
        var request = try TestCatalogue.request("assigned_ticket")
        request.payload["subject"] = String(repeating: "Donaudampfschifffahrtsgesellschaftskapitän", count: 12)
        request.payload["assigned_by"] = String(repeating: "Wolfeschlegelsteinhausenbergerdorff", count: 4)
        request.payload["preview"] = String(
            repeating:
                "See https://files.example.com/\(String(repeating: "0123456789abcdef", count: 9)), www.example.com. ",
            count: 40)
        request.organizationName = String(repeating: "Sehrlangerfirmenname", count: 6)
        try compare(request, name: "long.en")
    }

    @Test("Emoji, many scripts and markup show as they were typed")
    func mixedScripts() throws {
        var request = try TestCatalogue.request("conversation_note", locale: "ja")
        request.payload["author"] = "O’Brien “Bo” <bo@example.com>"
        request.payload["subject"] = "返金について & <b>至急</b> 👩🏽‍💻 {{subject}}"
        request.payload["note"] =
            """
            ありがとう 🙏🏾
            한국어도 됩니다. Ελληνικά, кириллица, ไทย, हिन्दी.
            <script>alert('x')</script>
            .leading dot
            https://example.com/?a=1&b=2
            """
        request.recipientName = "山田 太郎"
        request.organizationName = "株式会社ひかり"
        try compare(request, name: "mixed.ja")
    }

    private func compare(_ request: RenderRequest, name: String) throws {
        let mail = try TestCatalogue.render(request)
        try compare("Subject: \(mail.subject)\n\n\(mail.text)", with: name + ".txt")
        try compare(mail.html, with: name + ".html")
    }

    private func compare(_ text: String, with name: String) throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Golden/\(name)")
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
            try Data(text.utf8).write(to: file)
        }
        let golden = try Data(contentsOf: file)
        #expect(Data(text.utf8) == golden, "\(name) differs; see the suite's comment")
    }
}
