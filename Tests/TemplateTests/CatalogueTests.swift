import Testing

@testable import Templates

@Suite("The catalogue that ships")
struct CatalogueTests {
    @Test("It has no problems")
    func isSound() {
        #expect(TestCatalogue.problems(in: TestCatalogue.directory, contracts: Contract.kinds) == [])
    }

    @Test("It has every kind in every locale")
    func isComplete() throws {
        let catalogue = try TestCatalogue.shipped.get()
        #expect(Set(catalogue.kinds).isSuperset(of: TestCatalogue.kinds))
        for kind in catalogue.kinds { #expect(catalogue.locales(of: kind) == TestCatalogue.locales) }
        #expect(catalogue.locales(of: "no_such_kind") == [])
        #expect(catalogue.sample(of: "no_such_kind") == nil)
    }

    @Test("A sample shows every value that the contract allows, and nothing else", arguments: TestCatalogue.kinds)
    func samplesFollowTheContract(kind: String) throws {
        let payload = try #require(Contract.payloads[kind])
        let sample = try #require(try TestCatalogue.shipped.get().sample(of: kind))
        #expect(Set(sample.keys) == payload.required.union(payload.optional))
    }

    @Test(
        "An empty optional value is the same as none, and leaves no trace", arguments: TestCatalogue.kinds,
        TestCatalogue.locales)
    func optionalValues(kind: String, locale: String) throws {
        let optional = try #require(Contract.payloads[kind]).optional.sorted()
        let whole = try TestCatalogue.request(kind, locale: locale)
        for present in 0..<(1 << optional.count) {
            var absent = whole
            var empty = whole
            for (index, name) in optional.enumerated() where present & (1 << index) == 0 {
                absent.payload[name] = nil
                empty.payload[name] = ""
            }
            let mail = try TestCatalogue.render(absent)
            #expect(try TestCatalogue.render(empty) == mail)
            #expect(!mail.text.contains("\n\n\n"))
            #expect(!mail.text.contains(": \n") && !mail.text.contains("：\n\n") && !mail.text.contains(":\n\n"))
            #expect(mail.text.hasSuffix("\n") && !mail.text.hasPrefix("\n"))
        }
    }

    @Test("What happened to a conversation does not change its subject", arguments: TestCatalogue.locales)
    func oneSubjectForEachObject(locale: String) throws {
        var assigned = try TestCatalogue.request("assigned_conversation", locale: locale)
        var note = try TestCatalogue.request("conversation_note", locale: locale)
        assigned.payload["subject"] = "Where is my parcel?"
        note.payload["subject"] = "Where is my parcel?"
        #expect(try TestCatalogue.render(assigned).subject == TestCatalogue.render(note).subject)
    }

    @Test(
        "A mail says who it is for, which switch and organisation it came by, and how to end it",
        arguments: TestCatalogue.kinds)
    func saysWhy(kind: String) throws {
        let request = try TestCatalogue.request(kind)
        let mail = try TestCatalogue.render(request)
        let labels = [
            "assigned_conversation": "Assigned conversations", "assigned_ticket": "Assigned tickets",
            "conversation_note": "Notes in assigned conversations", "assigned_reminder": "Assigned reminders",
            "assigned_inquiry": "Assigned inquiries",
        ]
        for part in [mail.text, mail.html] {
            #expect(part.contains("“\(labels[kind] ?? "?")”"))
            #expect(part.contains("Maya Lindqvist at Northwind Support"))
        }
        #expect(mail.text.contains("https://notify.example.com/preferences?a=1&b=2"))
        #expect(mail.html.contains("href=\"https://notify.example.com/preferences?a=1&amp;b=2\""))
        #expect(
            mail.text.contains("https://notify.example.com/u/AbC")
                && mail.html.contains("\"https://notify.example.com/u/AbC\""))
    }

    @Test(
        "The HTML part loads nothing from elsewhere and names its language", arguments: TestCatalogue.kinds,
        TestCatalogue.locales)
    func noRemoteAssets(kind: String, locale: String) throws {
        let mail = try TestCatalogue.render(TestCatalogue.request(kind, locale: locale))
        for tag in ["<img", "<link", "<script", "<iframe", "@import", "url(", "src="] {
            #expect(!mail.html.contains(tag))
        }
        #expect(mail.html.contains("lang=\"\(locale)\""))
        #expect(mail.html.utf8.count < 102_400, "Gmail clips what is longer")
    }

    @Test("Many threads render at once, shapes not met before among them, and get what one would")
    func concurrent() async throws {
        let catalogue = try TemplateCatalogue.load(directory: TestCatalogue.directory, contracts: Contract.kinds)
        let request = try TestCatalogue.request("assigned_ticket")
        let optional = ["assigned_by", "priority", "due_at", "preview"]
        let mails = try await withThrowingTaskGroup(of: (Int, RenderedMail).self) { group in
            for run in 0..<256 {
                group.addTask {
                    var shaped = request
                    for (index, name) in optional.enumerated() where run & (1 << index) == 0 {
                        shaped.payload[name] = nil
                    }
                    return (run % 16, try catalogue.render(shaped))
                }
            }
            return try await group.reduce(into: [Int: Set<RenderedMail>]()) { $0[$1.0, default: []].insert($1.1) }
        }
        #expect(mails.count == 16)
        #expect(mails.values.allSatisfy { $0.count == 1 })
    }

    @Test(
        "The locale falls back from the special to the general, then to English",
        arguments: [
            ("de", "de"), ("de-AT", "de"), ("DE_ch", "de"), ("de-Latn-DE-1996", "de"), ("fr_CA.UTF-8", "fr"),
            ("ja-JP", "ja"),
            ("ja@calendar=japanese", "ja"), ("pt-BR", "en"), ("en-GB", "en"), ("", "en"), ("-", "en"), ("x", "en"),
            ("den", "en"),
        ])
    func localeFallback(asked: String, used: String) throws {
        var request = try TestCatalogue.request("assigned_ticket")
        request.locale = asked
        #expect(try TestCatalogue.render(request).locale == used)
    }

    @Test(
        "A special locale goes before the general one, however it is spelt",
        arguments: ["pt-BR", "pt_br", "PT-br-x-old"])
    func mostSpecialLocaleFirst(asked: String) {
        #expect(LocaleTag.bestMatch(for: asked, in: ["en": 1, "pt": 2, "pt-br": 3]) == 3)
        #expect(LocaleTag.bestMatch(for: "pt-PT", in: ["en": 1, "pt": 2, "pt-br": 3]) == 2)
    }

    @Test(
        "No templates, no required value and an unsafe link are errors that keep the value to themselves"
    )
    func errors() throws {
        var request = try TestCatalogue.request("assigned_ticket")
        request.kind = "no_such_kind"
        #expect(throws: TemplateError.unknownKind("no_such_kind")) { try TestCatalogue.render(request) }
        request.kind = "assigned_ticket"
        request.payload["subject"] = ""
        let missing = TemplateError.missingValue(kind: "assigned_ticket", name: "subject")
        #expect(throws: missing) { try TestCatalogue.render(request) }
        #expect(missing.description == "the templates of assigned_ticket need “subject”, and the payload has none")
        request.payload["subject"] = "x"
        for link in [
            "javascript:alert(1)", "https://", "ftp://a.example", "https://a b", "https://a\n.example",
            "https://a\u{202E}b", "https:a", "x",
        ] {
            request.payload["url"] = link
            #expect(throws: TemplateError.unsafeLink(kind: "assigned_ticket", name: "url")) {
                try TestCatalogue.render(request)
            }
        }
        request.payload["url"] = "HTTPS://bücher.example/straße?q=日本#ü"
        #expect(try TestCatalogue.render(request).text.contains("HTTPS://bücher.example/straße?q=日本#ü\n"))
    }
}
