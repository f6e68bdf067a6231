import Foundation
import Testing

@testable import Templates

@Suite("Values")
struct ValueTests {
    @Test(
        "A line has no line breaks, controls or bidi overrides, and single spaces",
        arguments: [
            ("plain", "plain"), ("", ""), (" \t\r\n ", ""), ("  a  b ", "a b"), ("a\r\n b", "a b"),
            ("a\u{0}b\u{7F}c\u{9F}d", "a b c d"),
            ("a\u{2028}b\u{2029}c\u{85}d", "a b c d"), ("\u{202E}a\u{202C}\u{2066}b\u{2069}\u{FEFF}", "ab"),
            ("a\u{A0}b\u{200D}\u{200E}c", "a\u{A0}b\u{200D}\u{200E}c"), ("日本 語\u{3000}é", "日本 語\u{3000}é"),
            ("“x”…", "“x”…"),
            ("👩🏽‍💻 \n👍", "👩🏽‍💻 👍"), ("ends\n", "ends"), ("ﬁ\u{FEFF}", "ﬁ"),
        ])
    func line(value: String, expected: String) {
        #expect(Array(PlainText.line(value).utf8) == Array(expected.utf8))
    }

    @Test(
        "A block keeps its lines and loses blank ones at its ends",
        arguments: [
            ("a\r\nb\rc\nd", "a\nb\nc\nd"), ("\n \n  a\n\n b \n\n", "  a\n\n b"), ("\t", ""), ("", ""),
            ("a\u{0}\u{1}\tb\u{7F}", "a\tb"),
            ("a\u{85}b", "a\nb"), ("\u{3000}\n日本\u{3000}", "日本"), ("é", "é"), ("\r\r\na", "a"),
        ])
    func block(value: String, expected: String) {
        #expect(Array(PlainText.block(value).utf8) == Array(expected.utf8))
    }

    @Test(
        "Isolates and embeddings end in the line that they begin in; overrides and stray ends go",
        arguments: [
            ("\u{2067}שלום\u{2069} ok", "\u{2067}שלום\u{2069} ok"), ("\u{202B}שלום\u{202C}", "\u{202B}שלום\u{202C}"),
            ("\u{200F}שלום\u{200E}", "\u{200F}שלום\u{200E}"), ("\u{202E}gnp.exe\u{202C} x", "gnp.exe x"),
            ("\u{2067}a\nb", "\u{2067}a\u{2069}\nb"), ("\u{202B}a\r\n\u{202C}b", "\u{202B}a\u{202C}\nb"),
            ("\u{2067}a\u{2029}b", "\u{2067}a\u{2069}\u{2029}b"), ("a\u{2069}b\u{202C}c", "abc"),
            ("\u{2068}a\u{202B}b", "\u{2068}a\u{202B}b\u{202C}\u{2069}"),
            // The end of the isolate ends the embedding in it; the end of an embedding ends no isolate around it.
            ("\u{2068}a\u{202B}b\u{2069}c\u{202C}", "\u{2068}a\u{202B}b\u{2069}c"),
            ("\u{202A}a\u{2066}b\u{202C}c", "\u{202A}a\u{2066}bc\u{2069}\u{202C}"),
            ("\u{202D}a\u{2067}b\u{202C}c\u{2069}d\u{202C}e", "a\u{2067}bc\u{2069}de"),
            (
                String(repeating: "\u{2066}", count: 100) + "a" + String(repeating: "\u{2069}", count: 100),
                String(repeating: "\u{2066}", count: 8) + "a" + String(repeating: "\u{2069}", count: 8)
            ),
        ])
    func directions(value: String, expected: String) {
        #expect(Array(PlainText.block(value).utf8) == Array(expected.utf8))
    }

    @Test("An excerpt that cuts an isolate off ends it")
    func cutDirection() {
        let text = "\u{2067}" + String(repeating: "ש", count: 5_000) + "\u{2069}"
        #expect(
            HTMLText.excerpt(PlainText.block(text)).text.unicodeScalars.suffix(2)
                .elementsEqual("…\u{2069}".unicodeScalars))
    }

    @Test(
        "A cut falls between characters",
        arguments: [
            ("abcdef", 4, "abc…"), ("abc", 3, "abc"), ("日本語", 2, "日…"), ("a👩🏽‍💻b", 4, "a…"), ("ae\u{301}x", 3, "a…"),
            ("xéxx", 3, "xé…"),
        ])
    func truncated(value: String, limit: Int, expected: String) {
        #expect(PlainText.truncated(value, toScalars: limit).text == expected)
    }

    @Test(
        "HTML shows a value as text; nothing in it is taken for a link",
        arguments: [
            ("a < b & \"c\" 'd' >", "a &lt; b &amp; &quot;c&quot; &#39;d&#39; &gt;"), ("one\ntwo", "one<br>\ntwo"),
            ("https://www.example.com", "https:&#8203;//www.&#8203;example.&#8203;com"),
            ("me@example.org", "me@&#8203;example.&#8203;org"),
            ("It is 3.14. Or 12:30? Dr. No", "It is 3.14. Or 12:30? Dr. No"), ("日本.jp", "日本.&#8203;jp"),
            ("@me a@ .x x.", "@me a@ .x x."),
            ("plain", "plain"), ("", ""),
        ])
    func escaped(value: String, expected: String) {
        #expect(HTMLText.escape(value) == expected)
    }

    @Test("A link is escaped and otherwise left as it is")
    func escapedLink() {
        #expect(HTMLText.escapeLink("https://a.example/?b=1&c='@x.y'") == "https://a.example/?b=1&amp;c=&#39;@x.y&#39;")
    }

    @Test("Escaping loses nothing, and cleaning twice changes nothing, for any text")
    func properties() {
        let seed = UInt64.random(in: .min ... .max)
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<2_000 {
            let text = generator.text(length: 80)
            let line = PlainText.line(text)
            #expect(PlainText.line(line) == line, "seed \(seed)")
            let block = PlainText.block(text)
            #expect(PlainText.block(block) == block, "seed \(seed)")
            #expect(Array(unescaped(HTMLText.escape(text)).utf8) == Array(text.utf8), "seed \(seed)")
            let limit = Int.random(in: 1...40, using: &generator)
            #expect(PlainText.truncated(text, toScalars: limit).text.unicodeScalars.count <= limit, "seed \(seed)")
        }
    }

    @Test("An excerpt ends after 4,000 scalars or 120 lines, and says so")
    func excerpts() {
        let short = String(repeating: "x", count: 4_000)
        #expect(HTMLText.excerpt(short).text == short)
        #expect(HTMLText.excerpt(short + "x").isCut)
        #expect(HTMLText.excerpt(short + "x").text.unicodeScalars.count == 4_000)
        let lines = String(repeating: "a\n", count: 119) + "b"
        #expect(HTMLText.excerpt(lines).text == lines && !HTMLText.excerpt(lines).isCut)
        #expect(HTMLText.excerpt(lines + "\nc").text == lines + "\n…")
    }

    @Test("A template's pieces joined with values are what swift-mustache makes of them")
    func skeletons() throws {
        let names = VariableNames(["a", "b"])
        let template = try PartTemplate(
            "{{#a?}}A={{a}}{{#b?}}, {{/b?}}{{/a?}}{{^a?}}no a{{/a?}}{{#b?}}B={{b}}{{b}}{{/b?}}.", names: names)
        #expect(template.render(["1", "2"]) == "A=1, B=22.")
        #expect(template.render(["1", ""]) == "A=1.")
        #expect(template.render(["", "2"]) == "no aB=22.")
        #expect(template.render(["", ""]) == "no a.")
        #expect(template.render(["\u{1}1\u{2}{{b}}", "{{a}}"]) == "A=\u{1}1\u{2}{{b}}, B={{a}}{{a}}.")
    }

    private func unescaped(_ html: String) -> String {
        [
            ("<br>\n", "\n"), ("&#8203;", ""), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"),
            ("&amp;", "&"),
        ]
        .reduce(html) { $0.replacingOccurrences(of: $1.0, with: $1.1, options: .literal) }
    }
}
