import Testing

@testable import SMTPSender

@Suite("Text for headers")
struct HeaderTextTests {
    @Test(
        "Breaks become one space; controls and direction controls go; joiners stay",
        arguments: [
            ("plain text", "plain text"),
            ("", ""),
            (" \t\r\n ", ""),
            ("  two  spaces  ", "two spaces"),
            ("a\r\nBcc: evil@example.com", "a Bcc: evil@example.com"),
            ("a\n\nb\rc", "a b c"),
            ("a\u{85}b\u{2028}c\u{2029}d\u{B}e\u{C}f", "a b c d e f"),
            ("a\u{0}b\u{1B}[31mc\u{7F}d\u{9B}e", "ab[31mcde"),
            ("\u{202E}txt.exe\u{202C} \u{2066}x\u{2069} \u{200E}\u{200F}\u{61C}y\u{FEFF}", "txt.exe x y"),
            ("a \u{202A} b", "a b"),
            ("👩‍💻 🏳️‍🌈 می‌خواهم", "👩‍💻 🏳️‍🌈 می‌خواهم"),
            ("prix : 12\u{A0}€ « ok »", "prix : 12\u{A0}€ « ok »"),
            ("全角\u{3000}空白", "全角\u{3000}空白"),
            ("\u{A0}a \u{A0}b\u{3000}\u{2009}c\u{2009}d\u{3000}", "a b c\u{2009}d"),
        ])
    func cleans(input: String, expected: String) {
        #expect(HeaderText.cleaned(input, maximumCharacters: 250) == expected)
    }

    @Test(
        "Text within the bound is untouched, text over it is cut between graphemes",
        arguments: [
            (5, "abcde", "abcde"),
            (5, "abcdef", "abcd…"),
            (5, "abc def", "abc…"),
            (5, "ありがとう", "ありがとう"),
            (5, "ありがとうね", "ありがと…"),
            (8, "👨‍👩‍👧‍👦👨‍👩‍👧‍👦", "👨‍👩‍👧‍👦…"),
            (5, "👨‍👩‍👧‍👦", "👨‍👩\u{200D}…"),
            (5, "e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}", "e\u{301}e\u{301}e\u{301}e\u{301}…"),
        ])
    func truncates(maximum: Int, input: String, expected: String) {
        let result = HeaderText.cleaned(input, maximumCharacters: maximum)
        #expect(Array(result.utf8) == Array(expected.utf8))
    }

    @Test(
        "Ten thousand characters of anything keep both bounds",
        arguments: [
            "a", "ä", "語", "👨‍👩‍👧‍👦", "a\u{300}", "\u{301}", " b", "\u{202E}x", "🇯🇵", "\u{200D}",
        ])
    func bounds(unit: String) {
        let result = HeaderText.cleaned(String(repeating: unit, count: 10_000), maximumCharacters: 250)
        #expect(result.count <= 250)
        #expect(result.utf8.count <= 1_000)
        #expect(result.hasSuffix("…"))
        #expect(result.utf8.count > 240, "no more is cut than must be")
    }
}
