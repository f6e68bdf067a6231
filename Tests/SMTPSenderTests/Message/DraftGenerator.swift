/// Makes mails of natural and hostile pieces, the same for the same seed.
struct DraftGenerator {
    private var random: SplitMix64

    init(seed: UInt64) {
        random = SplitMix64(seed: seed)
    }

    mutating func next() -> Draft {
        var draft = Draft()
        draft.from.name = text(pieces: 0...4, of: Self.headerPieces)
        draft.to = Draft.Party(name: text(pieces: 0...30, of: Self.headerPieces), address: pick(Self.addresses))
        if Bool.random(using: &random) {
            draft.replyTo = Draft.Party(name: text(pieces: 0...6, of: Self.headerPieces), address: pick(Self.addresses))
        }
        draft.subject = text(pieces: 0...60, of: Self.headerPieces)
        draft.date = Int64.random(in: 0...4_102_444_800, using: &random)
        draft.messageID = "\(identifier())@notify.example.com"
        draft.references = (0..<Int.random(in: 0...4, using: &random)).map { _ in "\(identifier())@notify.example.com" }
        draft.headers = [
            ["Auto-Submitted", "auto-generated"],
            ["List-Unsubscribe", "<https://notify.example.com/u/\(identifier())\(identifier())\(identifier())>"],
            ["X-Words", words()],
        ]
        draft.text = body(of: Self.headerPieces + Self.bodyPieces)
        draft.html = Int.random(in: 0..<10, using: &random) == 0 ? "" : body(of: Self.bodyPieces + ["<p>", "</p>\n"])
        return draft
    }

    private mutating func pick(_ choices: [String]) -> String {
        choices[Int.random(in: 0..<choices.count, using: &random)]
    }

    private mutating func text(pieces: ClosedRange<Int>, of choices: [String]) -> String {
        (0..<Int.random(in: pieces, using: &random)).map { _ in pick(choices) }.joined()
    }

    /// Half of the bodies are of one or two pieces only: plain ASCII, or wholly in one script.
    private mutating func body(of choices: [String]) -> String {
        let few = [pick(choices), pick(choices)]
        return text(pieces: 0...80, of: Bool.random(using: &random) ? few : choices)
    }

    private mutating func identifier() -> String {
        String(random.next(), radix: 16)
    }

    /// Single spaces between, as an extra header keeps no others.
    private mutating func words() -> String {
        (0..<Int.random(in: 1...20, using: &random))
            .map { _ in
                pick(["plain", "Größe", "語", "a,b;", "(x)", "<y@example.com>", "\"q\"", "supercalifragilistic"])
            }
            .joined(separator: " ")
    }

    static let addresses = [
        "jane@example.com", "\"jane doe\"@example.com", "\"a@b\\\\c\"@example.com", "o'neil+x@mail.example.org",
        "info@xn--bcher-kva.example",
        "a23456789012345678901234567890123456789012345678901234567890@example.com",
    ]

    static let headerPieces = [
        "a", "word ", " ", "  ", "two words ", "déjà vu ", "Größe", "ünï", "日本語の件名", "请求书 ", "Счёт ", "خطأ في الدفع ",
        "שלום ", "हिन्दी ", "ไทย", "한국어 ", "👩‍👩‍👧‍👦", "🏳️‍🌈", "🇯🇵", "e\u{301}", "a\u{300}\u{301}\u{302}", "\u{200D}",
        "می‌خواهم ", "\"", "\\", "<", ">", "(", ")", ",", ";", ":", "@", ".", "[", "]", "=", "?", "_", "=?", "?=",
        "=?utf-8?Q?fake?=", "=?utf-8?B?ZmFrZQ==?= ", "\r", "\n", "\r\n", "\r\nBcc: evil@example.com\r\n", "\t", "\u{0}",
        "\u{1B}[1m", "\u{7F}", "\u{85}", "\u{9F}", "\u{A0}", "\u{2028}", "\u{202E}", "\u{2066}", "\u{200F}", "\u{61C}",
        "\u{FEFF}", "\u{FFFD}", "\u{10FFFF}",
        "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft ",
        "https://example.com/a/very/long/path/that/has/no/space/at/all?with=a&query=string#and-more-of-it ",
    ]

    static let bodyPieces = [
        "plain words and more\n", "line\r\n", "\r", "\n", ".\r\n", "\n.\n", "..\n", "\n.dot\n", "From me\n",
        "\nFrom me",
        "trailing \n", "tab\t\n", "-- \n", "--=_0b0a3c1e\n", "\n--=_", "=", "=\n", "=3D", "naïve ", "日本語", "👩‍💻",
        "<b>&amp;</b>", "{{subject}}", "0123456789012345678901234567890123456789012345678901234567890123456789",
        String(repeating: "x", count: 1_200), String(repeating: "語", count: 700), "\u{0}", "\u{8}", "\u{85}",
    ]
}
