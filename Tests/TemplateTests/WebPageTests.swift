import Foundation
import Testing

@testable import Templates

@Suite("Web pages")
struct WebPageTests {
    private static let shipped: Result<WebPages, CatalogueError> = Result { () throws(CatalogueError) in
        try WebPages.load(directory: TestCatalogue.directory)
    }

    @Test("Every page that ships can be written in every locale of the mails", arguments: WebPage.allCases)
    func shipped(page: WebPage) throws {
        let pages = try Self.shipped.get()
        #expect(pages.locales == TestCatalogue.locales)
        for locale in TestCatalogue.locales {
            for mayUndo in [false, true] {
                let rendered = pages.render(
                    WebPageRequest(
                        page: page, locales: [locale], kind: "assigned_ticket", organizationName: "Northwind",
                        appURL: "https://app.example.com/?a=1&b=2", mayUndo: mayUndo))
                #expect(rendered.locale == locale)
                #expect(rendered.html.contains("<html lang=\"\(locale)\""))
                #expect(
                    rendered.html.contains("app.example.com/?a=1&amp;b=2") == (page != .gone && page != .unavailable))
                #expect(rendered.html.contains("<form") == (page == .unsubscribe || page == .unsubscribed && mayUndo))
                #expect(!rendered.html.contains("{{"))
                #expect(rendered.html.contains("<style>\(pages.style)</style>"))
            }
        }
    }

    @Test("The switch is called what the mail calls it", arguments: TestCatalogue.kinds)
    func switchNames(kind: String) throws {
        for locale in TestCatalogue.locales {
            let page = try Self.shipped.get().render(WebPageRequest(page: .undone, locales: [locale], kind: kind))
            let name = try #require(page.html.firstMatch(of: /<span>([^<]+)<\/span>/)?.1)
            let mail = try TestCatalogue.render(TestCatalogue.request(kind, locale: locale))
            #expect(mail.text.contains(name))
        }
    }

    @Test("The first of the reader's languages that there is wins, English is the last resort")
    func locales() throws {
        for (asked, got) in [
            (["sv", "pt-BR", "ja-JP", "de"], "ja"), (["sv"], "en"), ([], "en"), (["*", "DE_at"], "de"),
        ] {
            #expect(try Self.shipped.get().render(WebPageRequest(page: .gone, locales: asked)).locale == got)
        }
    }

    @Test("Names are text of one line and of bearable length; a link that is none is left out")
    func hostile() throws {
        let name = "<i>\u{202E}\r\n" + String(repeating: "w", count: 10_000)
        let html = try Self.shipped.get()
            .render(WebPageRequest(page: .unsubscribe, organizationName: name, appURL: "javascript:alert(1)")).html
        #expect(html.contains("<bdi>&lt;i&gt; www"))
        #expect(html.contains("w…</bdi>"))
        #expect(html.utf8.count < 5_000)
        #expect(!html.contains("javascript"))
    }

    static let mistakes: [Mistake] = [
        Mistake(name: "none", files: [:], expected: []),
        Mistake(
            name: "an unknown variable",
            files: ["web/gone.html.mustache": "a\n{{switch_name}}\n{{#nobody}}{{/nobody}}"],
            expected: [
                "web/gone.html.mustache:2: “switch_name” is no variable of the page “gone”; it has none",
                "web/gone.html.mustache:3: “nobody” is no variable",
            ]),
        Mistake(
            name: "a value without its section", files: ["web/preferences.html.mustache": "{{app_url}}"],
            expected: ["web/preferences.html.mustache:1: “app_url” may be missing"]),
        Mistake(
            name: "an unknown variable in the words", files: ["web/strings/de.json": words("Hallo {{who}}")],
            expected: ["web/strings/de.json:2: “who” is no variable"]),
        Mistake(
            name: "a missing page", files: ["web/undone.html.mustache": nil],
            expected: ["web/undone.html.mustache: this file is missing"]),
        Mistake(
            name: "a locale that only the mails have", files: ["web/strings/de.json": nil],
            expected: ["web/strings/de.json: the words of the locale “de” are missing"]),
        Mistake(
            name: "a locale that the mails lack", files: ["web/strings/fr.json": words("Bonjour")],
            expected: ["web/strings/fr.json: the mails have no locale “fr”"]),
        Mistake(
            name: "words that are missing for a page",
            files: ["web/gone.html.mustache": "\n{{> bye}}"], expected: ["web/gone.html.mustache:2: “bye” is not in"]),
        Mistake(
            name: "a switch without a name", files: ["email/strings/de.json": mailWords("\"other\": \"x\"")],
            expected: ["email/strings/de.json: “switch” has no plain words for hello"]),
        Mistake(
            name: "a tag in the style", files: ["web/layout.html.mustache": "<style>a{{> title}}</style>{{> body}}"],
            expected: ["web/layout.html.mustache: the layout needs one “<style>”"]),
        Mistake(
            name: "no style", files: ["web/layout.html.mustache": "{{> title}}{{> body}}"],
            expected: ["web/layout.html.mustache: the layout needs one “<style>”"]),
        Mistake(
            name: "a value that bypasses escaping", files: ["web/unsubscribe.html.mustache": "\n{{{switch_name}}}"],
            expected: ["web/unsubscribe.html.mustache:2: “switch_name” must not bypass escaping"]),
    ]

    @Test("Each mistake is reported with its file and line, and nothing else is", arguments: mistakes)
    func reported(mistake: Mistake) throws {
        let fixture = try FixtureDirectory(Self.sound.merging(mistake.files.mapValues { $0 }) { $1 }, below: ".")
        var found: [String] = []
        do {
            _ = try WebPages.load(directory: fixture.path)
        } catch {
            found = error.problems.map { String($0.description.dropFirst(fixture.path.count + 1)) }
        }
        // Each locale's words meet the same page: a missing word is missing in both.
        #expect(Set(found.map { $0.prefix(40) }).count <= mistake.expected.count, "\(found)")
        #expect(found.isEmpty == mistake.expected.isEmpty)
        for beginning in mistake.expected { #expect(found.contains { $0.hasPrefix(beginning) }, "\(found)") }
    }

    /// Small pages without mistakes, in two locales.
    private static let sound: [String: String?] = {
        var files: [String: String?] = [
            "web/layout.html.mustache": "<style>a{}</style>{{> title}}{{#app_url}}{{app_url}}{{/app_url}}{{> body}}",
            "web/strings/en.json": words("Hello"), "web/strings/de.json": words("Hallo"),
            "email/strings/en.json": mailWords("\"hello\": \"Hi\""),
            "email/strings/de.json": mailWords("\"hello\": \"Hallo\""), "email/hello/sample.json": "{}",
        ]
        for page in WebPage.allCases { files["web/\(page.rawValue).html.mustache"] = "<p>{{> title}}</p>" }
        return files
    }()

    private static func words(_ title: String) -> String { "{\n\"title\": \"\(title)\"\n}" }

    private static func mailWords(_ names: String) -> String { "{\n\"switch\": {\(names)}\n}" }
}
