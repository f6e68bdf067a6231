import Foundation

/// How one language writes a moment; read from the `date` entry of its strings file.
///
/// The pattern holds `{weekday}`, `{day}`, `{month}`, `{year}`, `{hour}` (`9`), `{hour2}` (`09`), `{minute}`, `{zone}`.
struct DateStyle: Sendable, Hashable {
    /// Sunday first.
    let weekdays: [String]
    let months: [String]
    let pattern: String
    /// What stands for day 1 where that is no plain number (French `1er`).
    let firstDay: String?
    /// Names that people of this language use instead of an IANA name and its offset, such as 日本時間.
    let zones: [String: String]

    /// Of words that write no dates.
    static let none = DateStyle(weekdays: [], months: [], pattern: "", firstDay: nil, zones: [:])

    /// For example `Friday, 27 November 2026, 09:00 (Europe/Berlin, UTC+1)`.
    func format(_ time: ZonedTimestamp, in zone: ZoneCache.Zone) -> String {
        let offset = zone.rules.secondsFromGMT(for: Date(timeIntervalSince1970: Double(time.secondsSince1970)))
        let local = time.secondsSince1970 + offset
        let days = local >= 0 ? local / 86_400 : (local - 86_399) / 86_400
        let minutes = (local - days * 86_400) / 60
        let date = CivilDate(daysSince1970: days)
        var result = ""
        var rest = pattern[...]
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            result += rest[..<open]
            switch rest[rest.index(after: open)..<close] {
            case "weekday": result += weekdays[date.weekday]
            case "day": result += date.day == 1 ? firstDay ?? "1" : String(date.day)
            case "month": result += months[date.month - 1]
            case "year": result += String(date.year)
            case "hour": result += String(minutes / 60)
            case "hour2": result += Self.twoDigits(minutes / 60)
            case "minute": result += Self.twoDigits(minutes % 60)
            case "zone": result += zoneName(zone, offset: offset)
            default: break
            }
            rest = rest[rest.index(after: close)...]
        }
        return result + rest
    }

    /// What the pattern has in braces that `format` does not know.
    var unknownPlaceholders: [String] {
        pattern.split(separator: "{").dropFirst().map { String($0.prefix { $0 != "}" }) }
            .filter { !Self.placeholders.contains($0) }
    }

    private static let placeholders: Set<String> = [
        "weekday", "day", "month", "year", "hour", "hour2", "minute", "zone",
    ]

    private func zoneName(_ zone: ZoneCache.Zone, offset: Int) -> String {
        if let name = zones[zone.name] { return name }
        return zone.name == "UTC" ? "UTC" : "\(zone.name), \(Self.offsetName(offset))"
    }

    /// `UTC+1`, `UTC+5:30`, `UTC-3`, `UTC`.
    private static func offsetName(_ seconds: Int) -> String {
        guard seconds != 0 else { return "UTC" }
        let minutes = abs(seconds) / 60
        let hours = "UTC\(seconds < 0 ? "-" : "+")\(minutes / 60)"
        return minutes % 60 == 0 ? hours : "\(hours):\(twoDigits(minutes % 60))"
    }

    private static func twoDigits(_ value: Int) -> String {
        value < 10 ? "0\(value)" : String(value)
    }
}
