/// A point in time, in microseconds since 1970-01-01T00:00:00Z, that reads and encodes as RFC 3339 in UTC.
///
/// By arithmetic: `DateFormatter` costs tens of microseconds a line on Linux.
package struct Moment: Sendable, Hashable, Comparable, Encodable, CustomStringConvertible {
    package let microseconds: Int64

    package init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    package static func < (earlier: Moment, later: Moment) -> Bool { earlier.microseconds < later.microseconds }

    /// `2026-11-27T09:00:00.123Z`: milliseconds, cut and not rounded.
    package var description: String { "\(date)T\(clock)Z" }

    /// `2026-11-27`
    package var date: String {
        let (year, month, day) = Self.civil(fromDays: microseconds.floored(by: Self.day).quotient)
        return "\(Self.pad(year, 4))-\(Self.pad(month, 2))-\(Self.pad(day, 2))"
    }

    /// `09:00:00.123`
    package var clock: String {
        let ms = microseconds.floored(by: Self.day).remainder / 1_000
        let (hour, minute, second) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60)
        return "\(Self.pad(hour, 2)):\(Self.pad(minute, 2)):\(Self.pad(second, 2)).\(Self.pad(ms % 1_000, 3))"
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    private static let day: Int64 = 86_400_000_000

    /// The proleptic Gregorian date of a day counted from 1970-01-01, in eras of 400 years that start on 1 March
    /// (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
    private static func civil(fromDays days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = (days + 719_468).floored(by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    private static func pad(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return digits.count >= width ? digits : String(repeating: "0", count: width - digits.count) + digits
    }
}

extension Int64 {
    fileprivate func floored(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
