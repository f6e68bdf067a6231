import Foundation
import Testing

@testable import SMTPSender

@Suite("Dates")
struct RFC5322DateTests {
    @Test(
        "A date is written as RFC 5322 has it",
        arguments: [
            (0, "Thu, 01 Jan 1970 00:00:00 +0000"),
            (-1, "Wed, 31 Dec 1969 23:59:59 +0000"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 +0000"),
            (1_795_000_000, "Wed, 18 Nov 2026 11:06:40 +0000"),
            (-2_208_988_800, "Mon, 01 Jan 1900 00:00:00 +0000"),
            (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 +0000"),
        ] as [(Int64, String)])
    func writes(seconds: Int64, expected: String) throws {
        #expect(try formatted(seconds) == expected)
    }

    @Test("Any second of the range agrees with the C library", arguments: [1, 2, UInt64.random(in: 0...UInt64.max)])
    func agreesWithCLibrary(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        for _ in 0..<2_000 {
            let seconds = Int64.random(in: -2_208_988_800..<253_402_300_800, using: &random)
            var time = time_t(seconds)
            var fields = tm()
            gmtime_r(&time, &fields)
            var buffer = [CChar](repeating: 0, count: 64)
            let length = strftime(&buffer, buffer.count, "%a, %d %b %Y %H:%M:%S +0000", &fields)
            let expected = String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
            #expect(try formatted(seconds) == expected, "seed \(seed), \(seconds)")
        }
    }

    @Test("A year that RFC 5322 cannot write is an error", arguments: [-2_208_988_801, 253_402_300_800, .min, .max])
    func refuses(seconds: Int64) {
        var draft = Draft()
        draft.date = seconds
        #expect(throws: MessageError.invalidDate) { try draft.message().compose() }
    }

    private func formatted(_ seconds: Int64) throws -> String {
        var draft = Draft()
        draft.date = seconds
        return try draft.header("Date")
    }
}
