import Crypto
import Foundation
import HTTPTypes
import NotifyCore
import TestSupport
import Testing

@testable import NotifyAPI

@Suite("The pages for people who are not signed in", .timeLimit(.minutes(5)))
struct UnsubscribePageTests {
    @Test(
        "The page speaks the user's language, or the closest that there is, and names switch and organisation",
        arguments: [
            ("de", "de", "Zugewiesene Tickets"), ("fr-CA", "fr", "Tickets attribués"), ("ja", "ja", "担当のチケット"),
            ("sv", "en", "Assigned tickets"),
        ])
    func language(locale: String, page: String, switchName: String) async throws {
        try await withAPI { api in
            try await api.database.execute("update notify.users set locale = '\(locale)' where id = '\(ada)'")
            let link = try await api.link()
            for answer in [try await api.send(.get, link), try await api.oneClick(link)] {
                #expect(answer.headers[.contentLanguage] == page)
                #expect(answer.body.contains(#"<html lang="\#(page)" dir="ltr">"#))
                #expect(answer.body.contains(switchName))
                #expect(answer.body.contains(">Acme<"))
            }
        }
    }

    @Test("Where nobody knows the user's language, it is the browser's")
    func acceptedLanguage() async throws {
        try await withAPI { api in
            for (path, status) in [("/u/none", 404), ("/preferences", 200)] {
                let answer = try await api.send(
                    .get, path, headers: [.acceptLanguage: "sv, en;q=0.5, ja;q=0, fr-CH;q=0.8"])
                #expect(answer.status == status)
                #expect(answer.headers[.contentLanguage] == "fr")
            }
        }
    }

    @Test("Markup in an organisation's name shows as text, and an event without organisation has none")
    func names() async throws {
        try await withAPI { api in
            try await api.database.execute(
                "update notify.organizations set name = '<script>x</script>\u{202E}&\"' where id = '\(acme)'")
            let page = try await api.send(.get, try await api.link()).body
            #expect(page.contains("<bdi>&lt;script&gt;x&lt;/script&gt;&amp;&quot;</bdi>"))
            #expect(!(try await api.send(.get, try await api.link(organization: nil)).body.contains("<bdi>")))
        }
    }

    @Test("A browser runs nothing, loads nothing, keeps nothing and sends forms only here")
    func policy() async throws {
        try await withAPI { api in
            let link = try await api.link()
            for path in [link, "/u/none", "/preferences"] {
                let answer = try await api.send(.get, path)
                let body = answer.body
                let style = try #require(body.firstMatch(of: /<style>((?s).*)<\/style>/)?.1)
                let hash = Data(SHA256.hash(data: Data(style.utf8))).base64EncodedString()
                #expect(
                    answer.headers[.contentSecurityPolicy]
                        == "default-src 'none'; style-src 'sha256-\(hash)'; form-action 'self'; base-uri 'none'; "
                        + "frame-ancestors 'none'")
                #expect(answer.headers[.cacheControl] == "no-store")
                #expect(answer.headers[.named("X-Robots-Tag")] == "noindex, nofollow")
                #expect(answer.headers[.named("Referrer-Policy")] == "no-referrer")
                #expect(answer.headers[.contentType] == "text/html; charset=utf-8")
                for word in ["<script", "src=", "style=", "url(", "@import", "action=\"", String(link.dropFirst(3))] {
                    #expect(!body.contains(word), "\(word)")
                }
            }
        }
    }

    @Test("Links lead to the product as the settings have it, whatever Host says")
    func appLink() async throws {
        try await withAPI { api in
            for path in [try await api.link(), "/u/none", "/preferences"] {
                let page = try await api.send(
                    .get, path, headers: [.named("X-Forwarded-Host"): "evil.example", .named("Host"): "evil.example"])
                #expect(page.body.contains(#"href="\#(TestAPI.appURL)""#))
                #expect(!page.body.contains("evil.example"))
            }
        }
    }
}
