import Testing

@testable import SMTPSender

@Suite("The reply parser")
struct ReplyParserTests {
    static func parse(_ parts: [[UInt8]]) throws(ReplyFault) -> [SMTPReply] {
        var parser = ReplyParser()
        var replies: [SMTPReply] = []
        for part in parts {
            part.withUnsafeBytes { parser.append($0) }
            while try parser.next() != nil { replies.append(parser.reply) }
        }
        return replies
    }

    static func parse(_ text: String) throws(ReplyFault) -> [SMTPReply] { try parse([Array(text.utf8)]) }

    @Test("reads code, enhanced code and text of every line")
    func reads() throws {
        let replies = try Self.parse(
            "250 2.1.0 Ok\r\n250-2.0.0 first\r\n250 2.0.0 second\n354\r\n550 5.1.1  <a@b>: no 2.0.0 \r\n250 4.1.1 odd class\r\n"
        )
        #expect(
            replies == [
                SMTPReply(code: 250, enhancedCode: EnhancedStatusCode(2, 1, 0), text: "Ok"),
                SMTPReply(code: 250, enhancedCode: EnhancedStatusCode(2, 0, 0), text: "first second"),
                SMTPReply(code: 354),
                SMTPReply(code: 550, enhancedCode: EnhancedStatusCode(5, 1, 1), text: "<a@b>: no 2.0.0 "),
                SMTPReply(code: 250, text: "4.1.1 odd class"),
            ])
    }

    @Test("gives the same replies however the bytes are cut")
    func anySplit() throws {
        let text = "220 relay\r\n250-PIPELINING\r\n250-SIZE 100\r\n250 8BITMIME\r\n421 4.3.2 bye\r\n250\r\n"
        let whole = try Self.parse(text)
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededRandom(seed: seed)
        for _ in 0..<500 {
            var rest = Array(text.utf8)[...]
            var parts: [[UInt8]] = []
            while !rest.isEmpty {
                let count = Int.random(in: 1...min(rest.count, 20), using: &random)
                parts.append(Array(rest.prefix(count)))
                rest = rest.dropFirst(count)
            }
            #expect(try Self.parse(parts) == whole, "seed \(seed)")
        }
        #expect(whole.count == 4)
    }

    struct BrokenReply: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let text: String
        let fault: ReplyFault

        init(_ name: String, _ text: String, _ fault: ReplyFault) {
            testDescription = name
            self.text = text
            self.fault = fault
        }
    }

    static let broken = [
        BrokenReply("code 999", "999 what\r\n", .noCode), BrokenReply("words", "hello\r\n", .noCode),
        BrokenReply("two digits", "25\r\n", .noCode), BrokenReply("empty line", "\r\n", .noCode),
        BrokenReply("no separator", "250x no\r\n", .noCode), BrokenReply("code 199", "199 early\r\n", .noCode),
        BrokenReply("code 600", "600 late\r\n", .noCode), BrokenReply("a sign", "+25 x\r\n", .noCode),
        BrokenReply("two codes", "250-one\r\n251 two\r\n", .differingCodes),
        BrokenReply("NUL", "250 a\u{0}b\r\n", .nulByte),
        BrokenReply("513 lines", String(repeating: "250-x\r\n", count: 513), .tooLong),
        BrokenReply("a long line", "250 " + String(repeating: "x", count: 70_000) + "\r\n", .tooLong),
        BrokenReply("a long line without end", "250 " + String(repeating: "x", count: 70_000), .tooLong),
        BrokenReply(
            "70 long lines", String(repeating: "250-" + String(repeating: "x", count: 1_000) + "\r\n", count: 70),
            .tooLong),
    ]

    @Test("ends at what is no reply", arguments: broken)
    func endsAtBrokenReply(reply: BrokenReply) {
        #expect(throws: reply.fault) { try Self.parse(reply.text) }
    }

    @Test("holds no more of an endless line than its bound")
    func endlessLine() {
        var parser = ReplyParser()
        let part = [UInt8](repeating: 0x31, count: 16_384)
        var fed = 0
        #expect(throws: ReplyFault.tooLong) {
            for _ in 0..<128 {
                part.withUnsafeBytes { parser.append($0) }
                fed += part.count
                _ = try parser.next()
            }
        }
        #expect(fed <= ReplyParser.maximumBytes + part.count)
    }

    @Test("repairs text that is not UTF-8, drops control characters and keeps at most 1,000 bytes")
    func unsafeText() throws {
        let latin = try Self.parse([Array("250 gr".utf8) + [0xFC, 0xDF, 0x1B] + Array("e\u{202E}x\r\n".utf8)])
        #expect(latin.first?.text == "gr\u{FFFD}\u{FFFD}ex")
        let long = try Self.parse("250 " + String(repeating: "é", count: 3_000) + "\r\n")
        #expect(long.first?.text == String(repeating: "é", count: 500))
    }

    @Test("never crashes and never hangs on random bytes")
    func fuzz() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededRandom(seed: seed)
        let alphabet = Array("250-45 .\r\n\u{0}x9é".utf8) + [0xFF]
        var strangeCodes = 0
        for _ in 0..<5_000 {
            let bytes = (0..<Int.random(in: 0...60, using: &random))
                .map { _ in alphabet.randomElement(using: &random) ?? 0 }
            if let replies = try? Self.parse([bytes]) {
                strangeCodes += replies.count { !(200..<600).contains($0.code) }
            }
        }
        #expect(strangeCodes == 0, "seed \(seed)")
    }
}

/// SplitMix64: the same numbers for the same seed, everywhere.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
