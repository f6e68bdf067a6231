import Testing

@testable import Templates

@Suite("Hostile values")
struct HostileValueTests {
    static let values = [
        "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "{{subject}}", "{{{url}}}",
        "{{/preview}}{{#banner}}",
        "{{> why}}", "\u{1}0\u{2}", "a\r\nBcc: everyone@example.com", "a\u{2028}b\u{85}c\u{0}d", "\u{202E}evil\u{202C}",
        "&amp;&#60;",
        "'; drop table events; --", String(repeating: "a\u{301}", count: 5_000), String(repeating: "x", count: 10_000),
        "  \t\n ",
    ]

    @Test("No value becomes markup, a tag or a second line of the subject", arguments: values)
    func everywhere(value: String) throws {
        for kind in TestCatalogue.kinds {
            var request = try TestCatalogue.request(kind)
            for name in request.payload.keys where ValueForm(ofVariable: name) != .link {
                request.payload[name] = value
            }
            request.recipientName = value
            request.organizationName = value
            request.banner = value
            let mail = try TestCatalogue.render(request)

            #expect(!mail.html.contains("<script") && !mail.html.contains("<img") && !mail.html.contains("\u{1}"))
            #expect(!mail.subject.unicodeScalars.contains { $0.value < 0x20 || $0.properties.isBidiControl })
            #expect(mail.subject.unicodeScalars.count <= PlainText.subjectLimit)
            #expect(mail.html.utf8.count < 102_400)
            #expect(!mail.text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" && $0 != "\t" })
            #expect(mail.text.hasSuffix("Stop emails of this kind: https://notify.example.com/u/AbC\n"))
        }
    }

    @Test("The HTML tags of a mail are those of its templates, whatever the values are")
    func tagsAreOurs() throws {
        let seed = UInt64.random(in: .min ... .max)
        var generator = SeededGenerator(seed: seed)
        let expected = tags(try TestCatalogue.render(TestCatalogue.request("assigned_ticket")).html)
        for _ in 0..<200 {
            var request = try TestCatalogue.request("assigned_ticket")
            for name in ["subject", "assigned_by", "priority", "due_at", "preview"] {
                request.payload[name] = "x" + generator.text(length: 60)
            }
            #expect(tags(try TestCatalogue.render(request).html) == expected, "seed \(seed)")
        }
    }

    @Test("The text part holds what people wrote, whole, up to 64 KiB")
    func textIsWhole() throws {
        let note =
            String(repeating: "Line with https://example.com/a?b=c & <tags>.\n.dot\n", count: 1_200) + "The end. "
        var request = try TestCatalogue.request("conversation_note")
        request.payload["note"] = note
        let mail = try TestCatalogue.render(request)
        #expect(mail.text.contains(note.dropLast()))
        #expect(!mail.html.contains("The end."))
        #expect(mail.html.contains("There is more. Open it to read the rest."))
        #expect(mail.html.utf8.count < 40_000)
    }

    /// Every tag but `<br>`, of which a text may have any number.
    private func tags(_ html: String) -> [String] {
        html.split(separator: "<").dropFirst().map { String($0.prefix { $0 != ">" }) }.filter { $0 != "br" }
    }
}
