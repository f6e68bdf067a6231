import Foundation
import Testing

@testable import SMTPSender

@Suite("Bodies")
struct BodyEncodingTests {
    @Test(
        "Line ends become CR LF and stray controls go",
        arguments: [
            ("a\nb\rc\r\nd", "a\r\nb\r\nc\r\nd"),
            ("\n\r\n\r", "\r\n\r\n\r\n"),
            ("\r\r\n\n", "\r\n\r\n\r\n"),
            ("a\u{0}b\u{1B}c\u{7F}d\u{80}e\u{9F}f\u{B}g", "abcdefg"),
            ("tab\tstays, « nbsp\u{A0}stays", "tab\tstays, « nbsp\u{A0}stays"),
            ("12345678\u{0}12345678é\u{85}x", "1234567812345678éx"),
            ("\u{202B}שלום\u{202C}", "\u{202B}שלום\u{202C}"),
            ("", ""),
        ])
    func cleans(input: String, expected: String) {
        #expect(BodyText(input).octets == Array(expected.utf8))
    }

    @Test(
        "A part travels in the simplest way that keeps it whole",
        arguments: [
            ("plain\n", BodyText.TransferEncoding.sevenBit),
            ("", .sevenBit),
            (".dot\n..dots\n trailing \n", .sevenBit),
            ("From here on\n", .quotedPrintable),
            ("x\nFrom here on\n", .quotedPrintable),
            ("Fr\u{0}om here on\n", .quotedPrintable),
            ("From\n", .sevenBit),
            ("--=_0b0a3c1e\n", .quotedPrintable),
            ("-- \nsignature", .sevenBit),
            ("déjà vu encore\n", .quotedPrintable),
            ("ééa\(String(repeating: "b", count: 9))", .quotedPrintable),
            ("éaaaa", .quotedPrintable),
            ("éaaa", .base64),
            ("こんにちは\n", .base64),
        ])
    func chooses(input: String, expected: BodyText.TransferEncoding) {
        #expect(BodyText(input).transferEncoding == expected)
    }

    @Test("A line of 998 octets stays as it is, one of 999 cannot")
    func lineBound() {
        let longest = String(repeating: "a", count: 998)
        #expect(BodyText("short\n\(longest)\r\nshort").transferEncoding == .sevenBit)
        #expect(BodyText("short\n\(longest)a\r\nshort").transferEncoding == .quotedPrintable)
        #expect(BodyText(longest + "a").transferEncoding == .quotedPrintable)
    }

    @Test(
        "Quoted-printable escapes what transport may harm, and keeps lines at 76",
        arguments: [
            ("a=b", "a=3Db"),
            ("é", "=C3=A9"),
            ("a \r\nb\t\r\n c", "a=20\r\nb=09\r\n c"),
            (" ", "=20"),
            ("From x\r\nFrom y", "=46rom x\r\n=46rom y"),
            (String(repeating: "a", count: 76), String(repeating: "a", count: 76)),
            (String(repeating: "a", count: 77), String(repeating: "a", count: 75) + "=\r\naa"),
            (String(repeating: "a", count: 75) + "From x", String(repeating: "a", count: 75) + "=\r\n=46rom x"),
            (String(repeating: "a", count: 73) + "=", String(repeating: "a", count: 73) + "=3D"),
            (String(repeating: "a", count: 74) + "=", String(repeating: "a", count: 74) + "=\r\n=3D"),
            (String(repeating: "a", count: 75) + " ", String(repeating: "a", count: 75) + "=\r\n=20"),
            (String(repeating: "a", count: 76) + "\r\nb", String(repeating: "a", count: 76) + "\r\nb"),
        ])
    func quotes(input: String, expected: String) {
        var bytes: [UInt8] = []
        QuotedPrintable.encode(input.utf8Span.span, into: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == expected)
    }

    @Test("Base64 agrees with Foundation's for every length up to three lines")
    func base64() {
        for count in 0...180 {
            let octets = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 11) }
            var run: [UInt8] = []
            Base64.encode(octets.span, into: &run)
            #expect(Data(run) == Data(octets).base64EncodedData())
            var lines: [UInt8] = []
            Base64.encodeLines(octets.span, into: &lines)
            let options: Data.Base64EncodingOptions = [
                .lineLength76Characters, .endLineWithCarriageReturn,
                .endLineWithLineFeed,
            ]
            #expect(Data(lines) == Data(octets).base64EncodedData(options: options))
        }
    }
}
