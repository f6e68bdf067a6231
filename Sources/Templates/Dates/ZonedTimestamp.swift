/// A moment read from ISO 8601 text with a zone, such as `2026-11-27T09:00:00+01:00`.
package struct ZonedTimestamp: Sendable, Hashable {
    /// Since 1970-01-01T00:00:00Z; fractions of a second are dropped.
    let secondsSince1970: Int

    /// Takes what PostgreSQL and RFC 3339 write: extended format, `T` or a space, seconds and fraction optional, and a
    /// zone: `Z` or an offset of less than 16 hours (`+01`, `+0100` or `+01:00`), as PostgreSQL. 24:00 and a leap
    /// second are allowed.
    ///
    /// Nil for anything else, a missing zone among them: guessing one would tell people the wrong time.
    package init?(iso8601 text: String) {
        var reader = DigitReader(text.utf8)
        guard let year = reader.number(digits: 4), reader.skip("-"), let month = reader.number(digits: 2),
            reader.skip("-"),
            let day = reader.number(digits: 2), reader.skip("T") || reader.skip("t") || reader.skip(" "),
            let hour = reader.number(digits: 2), reader.skip(":"), let minute = reader.number(digits: 2)
        else { return nil }
        var second = 0
        if reader.skip(":") {
            guard let value = reader.number(digits: 2) else { return nil }
            second = value
            if reader.skip(".") || reader.skip(",") {
                guard reader.skipDigits() else { return nil }
            }
        }
        guard let offset = reader.zoneOffset(), reader.isAtEnd, minute <= 59, second <= 60,
            hour <= 23 || hour == 24 && minute == 0 && second == 0,
            let date = CivilDate(year: year, month: month, day: day)
        else { return nil }
        secondsSince1970 = date.daysSince1970 * 86_400 + hour * 3_600 + minute * 60 + second - offset
    }
}

/// Reads fixed-width numbers from the front of some ASCII text.
private struct DigitReader {
    private var rest: Substring.UTF8View

    init(_ text: String.UTF8View) { rest = text[...] }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard let first = rest.first, UInt32(first) == character.value else { return false }
        rest.removeFirst()
        return true
    }

    mutating func number(digits: Int) -> Int? {
        var value = 0
        for _ in 0..<digits {
            guard let byte = rest.first, (0x30...0x39).contains(byte) else { return nil }
            value = value * 10 + Int(byte - 0x30)
            rest.removeFirst()
        }
        return value
    }

    mutating func skipDigits() -> Bool {
        let digits = rest.prefix { (0x30...0x39).contains($0) }
        rest = rest[digits.endIndex...]
        return !digits.isEmpty
    }

    mutating func zoneOffset() -> Int? {
        if skip("Z") || skip("z") { return 0 }
        let sign = skip("+") ? 1 : skip("-") ? -1 : 0
        guard sign != 0, let hours = number(digits: 2), hours <= 15 else { return nil }
        var minutes = 0
        if skip(":") || !isAtEnd {
            guard let value = number(digits: 2), value <= 59 else { return nil }
            minutes = value
        }
        return sign * (hours * 3_600 + minutes * 60)
    }
}
