/// How long to wait after each charged attempt (`NOTIFY_RETRY_SCHEDULE`). The last delay repeats until the event expires.
package struct RetrySchedule: Sendable, Hashable {
    package let delays: [Duration]

    /// 1, 5, 15, 30 minutes, then 1, 2, 4 hours.
    package static let standard = RetrySchedule(
        [60, 300, 900, 1_800, 3_600, 7_200, 14_400].map { Duration.seconds($0) })

    private init(_ delays: [Duration]) {
        self.delays = delays
    }

    /// Reads comma-separated whole numbers with a unit (`s`, `m`, `h`), such as `1m,5m,2h`: 1 to 50 of them, each
    /// from one second to one day.
    package init(parsing text: String) throws(InvalidSetting) {
        let entries = text.split(separator: ",", omittingEmptySubsequences: false)
        var delays: [Duration] = []
        for entry in entries {
            guard let delay = Self.duration(entry.trimmingSpaces()) else {
                throw InvalidSetting(
                    "entry \(delays.count + 1), “\(entry)”, is no delay between 1s and 24h", example: Self.example)
            }
            delays.append(delay)
        }
        guard delays.count <= 50 else {
            throw InvalidSetting("\(delays.count) delays are more than 50", example: Self.example)
        }
        self.delays = delays
    }

    /// The delay after a number of charged attempts, 1 being the first.
    package func delay(afterAttempt attempt: Int) -> Duration {
        delays[min(max(attempt, 1), delays.count) - 1]
    }

    private static let example = "1m,5m,15m,30m,1h,2h,4h"

    private static func duration(_ text: String) -> Duration? {
        let secondsInUnit: Int
        switch text.last {
        case "s": secondsInUnit = 1
        case "m": secondsInUnit = 60
        case "h": secondsInUnit = 3_600
        default: return nil
        }
        let digits = text.dropLast()
        guard (1...5).contains(digits.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let number = Int(digits), (1...86_400).contains(number * secondsInUnit)
        else { return nil }
        return .seconds(number * secondsInUnit)
    }
}
