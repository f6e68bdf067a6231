import Testing

@testable import DevMailbox

struct ParserTests {
    @Test(
        "A command line is read as what it is",
        arguments: [
            ("EHLO [127.0.0.1]", SMTPCommand.ehlo("[127.0.0.1]")), ("helo x", .helo("x")),
            ("MAIL FROM:<>", .mail(sender: "", parameters: [])),
            (
                "mail from:<a@b.c> SIZE=10 BODY=8BITMIME",
                .mail(sender: "a@b.c", parameters: ["SIZE=10", "BODY=8BITMIME"])
            ),
            (#"RCPT TO:<"a b>"@c.d>"#, .rcpt(recipient: #""a b>"@c.d"#, parameters: [])),
            ("RCPT TO:<ü@ü.example>", .rcpt(recipient: "ü@ü.example", parameters: [])),
            ("AUTH plain AGEAYg==", .auth(mechanism: "PLAIN", initial: "AGEAYg==")),
            ("AUTH LOGIN", .auth(mechanism: "LOGIN", initial: nil)), ("DATA", .data), ("rset", .reset),
            ("NOOP anything", .noop), ("VRFY a", .verify), ("QUIT", .quit), ("STARTTLS", .startTLS), ("", .unknown),
            ("HELP", .unknown), ("RCPT TO:<>", .malformed("no address")),
            ("RCPT TO:<a b@c.d>", .malformed("no address")),
            ("RCPT TO:<a@b.c>x", .malformed("text behind the address")),
            ("RCPT TO:<a@b.c", .malformed("no closing angle bracket")),
            ("EHLO", .malformed("EHLO wants a name")), ("QUIT now", .malformed("QUIT takes no argument")),
        ]
    )
    func commands(line: String, expected: SMTPCommand) {
        #expect(SMTPCommand(Array(line.utf8)[...]) == expected)
    }

    /// Everything that can make an end of content: the alphabet of smuggling.
    private static let alphabet: [[UInt8]] = ["a", ".", "\r", "\n", "\r\n", "\r\n.", "\n.\n", "\r\n.\r\n"]
        .map { Array($0.utf8) }

    @Test(
        "However the octets are cut into reads, the content comes out the same",
        arguments: 1...200 as ClosedRange<UInt64>)
    func chunking(seed: UInt64) {
        var random = Generator(state: seed)
        let octets =
            (0..<40).flatMap { _ in Self.alphabet.randomElement(using: &random) ?? [] } + Array("\r\n.\r\n".utf8)
        let whole = read([octets])
        var pieces: [[UInt8]] = []
        var rest = octets[...]
        while !rest.isEmpty {
            let count = Int.random(in: 1...5, using: &random)
            pieces.append(Array(rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        let cut = read(pieces)
        #expect(whole.content == cut.content, "seed \(seed)")
        #expect(whole.problems == cut.problems && whole.isComplete && cut.isComplete, "seed \(seed)")
        #expect(whole.content == reference(octets), "seed \(seed)")
    }

    private func read(_ pieces: [[UInt8]]) -> ContentReader {
        var input = SMTPInput()
        var reader = ContentReader(limit: 1 << 20)
        for piece in pieces {
            input.append(piece)
            while !reader.isComplete, let line = input.nextContentLine() { reader.take(line) }
        }
        return reader
    }

    /// The same by another way: cut at CR LF, stop at a lone dot, drop one leading dot of each line.
    private func reference(_ octets: [UInt8]) -> [UInt8] {
        let lines = String(decoding: octets, as: UTF8.self).unicodeScalars
            .split(
                separator: Array("\r\n".unicodeScalars), omittingEmptySubsequences: false)
        let kept = lines.prefix { !$0.elementsEqual(".".unicodeScalars) }
        return kept.flatMap { line in
            Array(String(line.first == "." ? line.dropFirst() : line).utf8) + Array("\r\n".utf8)
        }
    }

    private struct Generator: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ (state >> 33)
        }
    }
}
