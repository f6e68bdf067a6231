import Testing

@testable import SMTPSender

@Suite("A content on the wire")
struct ContentTests {
    static func onTheWire(_ content: [UInt8]) -> [UInt8] {
        var buffer = WriteBuffer(capacity: 16)
        buffer.appendContent(content)
        return Array(buffer.unsent)
    }

    static let table: [(String, String)] = [
        ("", ".\r\n"), ("a\r\n", "a\r\n.\r\n"), ("a", "a\r\n.\r\n"), (".", "..\r\n.\r\n"), ("..\r\n", "...\r\n.\r\n"),
        ("a\n.\n", "a\r\n..\r\n.\r\n"), ("a\r.\r", "a\r\n..\r\n.\r\n"),
        ("a\r\n.\r\nQUIT\r\n", "a\r\n..\r\nQUIT\r\n.\r\n"),
        ("a\n.\r\nMAIL", "a\r\n..\r\nMAIL\r\n.\r\n"), ("a\r\r\nb", "a\r\n\r\nb\r\n.\r\n"),
        ("\r\n\r\n", "\r\n\r\n.\r\n"),
        ("a.b\r\n .\r\n", "a.b\r\n .\r\n.\r\n"),
    ]

    @Test("has doubled dots, whole line ends and one final dot", arguments: table)
    func examples(content: String, wire: String) {
        #expect(String(decoding: Self.onTheWire(Array(content.utf8)), as: UTF8.self) == wire)
    }

    @Test("is read back by a strict receiver as what went in, and nothing follows its end")
    func roundTrip() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededRandom(seed: seed)
        let alphabet: [UInt8] = [0x0D, 0x0A, 0x2E, 0x2E, 0x61, 0x00, 0xFF]
        for _ in 0..<3_000 {
            let content = (0..<Int.random(in: 0...40, using: &random))
                .map { _ in alphabet.randomElement(using: &random) ?? 0 }
            let received = Self.receive(Self.onTheWire(content))
            #expect(received == Self.lines(content), "seed \(seed), content \(content)")
        }
    }

    @Test("of bare CRs takes time in proportion to its length")
    func bareReturns() {
        let wire = Self.onTheWire([UInt8](repeating: 0x0D, count: 4_000_000))
        #expect(wire.count == 8_000_003)
    }

    /// What RFC 5321 §4.5.2 tells a receiver to do, byte by byte; nil at a bare CR or LF, or when the end comes early.
    private static func receive(_ wire: [UInt8]) -> [[UInt8]]? {
        var lines: [[UInt8]] = []
        var line: [UInt8] = []
        var index = 0
        while index < wire.count {
            if wire[index] == 0x0D, index + 1 < wire.count, wire[index + 1] == 0x0A {
                index += 2
                if line == [0x2E] { return index == wire.count ? lines : nil }
                lines.append(line.first == 0x2E ? Array(line.dropFirst()) : line)
                line = []
                continue
            }
            guard wire[index] != 0x0D, wire[index] != 0x0A else { return nil }
            line.append(wire[index])
            index += 1
        }
        return nil
    }

    /// The lines of a content, whichever way they end.
    private static func lines(_ content: [UInt8]) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        var line: [UInt8] = []
        var index = 0
        while index < content.count {
            let isPair = content[index] == 0x0D && index + 1 < content.count && content[index + 1] == 0x0A
            if content[index] == 0x0D || content[index] == 0x0A {
                lines.append(line)
                line = []
            } else {
                line.append(content[index])
            }
            index += isPair ? 2 : 1
        }
        return line.isEmpty ? lines : lines + [line]
    }
}

@Suite("The write buffer")
struct WriteBufferTests {
    @Test("keeps a blocked offer at its address while more is appended")
    func stays() {
        var buffer = WriteBuffer(capacity: 64)
        buffer.append("0123456789")
        let address = buffer.unsent.baseAddress
        buffer.advance(by: 0, blocked: true)
        buffer.append("abc")
        #expect(buffer.unsent.baseAddress == address)
        #expect(buffer.unsent.count == 13)
        buffer.advance(by: 13, blocked: false)
        #expect(buffer.isDrained && buffer.sentTotal == 13 && buffer.appendedTotal == 13)
    }

    @Test("counts positions on through all that it carried, and gives a large mail's memory back")
    func positions() {
        var buffer = WriteBuffer(capacity: 8)
        for size in [3, 2_000_000, 5] {
            [UInt8](repeating: 0x61, count: size).withUnsafeBytes { buffer.append($0) }
            #expect(buffer.unsent.count == size)
            #expect(buffer.unsent.allSatisfy { $0 == 0x61 })
            buffer.advance(by: size, blocked: false)
        }
        #expect(buffer.appendedTotal == 2_000_008 && buffer.sentTotal == 2_000_008)
    }
}
