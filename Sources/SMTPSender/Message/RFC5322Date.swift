/// A date as `Mon, 23 Nov 2026 06:55:45 +0000` (RFC 5322 §3.3), by arithmetic: DateFormatter takes microseconds.
struct RFC5322Date {
    private let year: Int
    private let month: Int
    private let day: Int
    /// 0 is Sunday.
    private let weekday: Int
    private let secondOfDay: Int

    /// Fails outside the years 1900 to 9999.
    init?(secondsSince1970 seconds: Int64) {
        guard (-2_208_988_800..<253_402_300_800).contains(seconds) else { return nil }
        let days = Int(seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400)
        secondOfDay = Int(seconds) - days * 86_400
        // 1970-01-01 was a Thursday; 25,567 days lie between 1900 and 1970.
        weekday = (days + 4 + 7 * 3_653) % 7
        // Years that begin in March, in eras of 400, after Howard Hinnant's civil_from_days.
        let dayFromEpoch = days + 719_468
        let era = dayFromEpoch / 146_097
        let dayOfEra = dayFromEpoch % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
    }

    func append(to writer: inout MessageWriter) {
        writer.append(octet: 0x20)
        writer.appendName(at: weekday, of: "SunMonTueWedThuFriSat")
        writer.append(", ")
        writer.append(digits: day, count: 2)
        writer.append(octet: 0x20)
        writer.appendName(at: month - 1, of: "JanFebMarAprMayJunJulAugSepOctNovDec")
        writer.append(octet: 0x20)
        writer.append(digits: year, count: 4)
        writer.append(octet: 0x20)
        writer.append(digits: secondOfDay / 3_600, count: 2)
        writer.append(octet: UInt8(ascii: ":"))
        writer.append(digits: secondOfDay / 60 % 60, count: 2)
        writer.append(octet: UInt8(ascii: ":"))
        writer.append(digits: secondOfDay % 60, count: 2)
        writer.append(" +0000")
    }
}

extension MessageWriter {
    fileprivate mutating func appendName(at index: Int, of names: StaticString) {
        for offset in 0..<3 { append(octet: names.utf8Start[3 * index + offset]) }
    }

    fileprivate mutating func append(digits number: Int, count: Int) {
        var divisor = 1
        for _ in 1..<count { divisor *= 10 }
        while divisor > 0 {
            append(octet: UInt8(ascii: "0") + UInt8(number / divisor % 10))
            divisor /= 10
        }
    }
}
