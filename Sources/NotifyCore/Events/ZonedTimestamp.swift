/// The rule for `due_at` in a payload: an ISO 8601 date and time with a zone, such as `2026-11-27T09:00:00+01:00`.
///
/// Extended format; `T` or a space between date and time; seconds and their fraction may be left out; the zone is `Z`
/// or an offset of up to 18 hours (`+01`, `+0100`, `+01:00`). 24:00 and a leap second are allowed.
package enum ZonedTimestamp {
    package static func isValid(_ text: String) -> Bool {
        var reader = Reader(rest: Array(text.utf8)[...])
        return reader.date() && reader.skip("Tt ") && reader.time() && reader.zone() && reader.rest.isEmpty
    }

    private struct Reader {
        var rest: ArraySlice<UInt8>

        mutating func skip(_ oneOf: StaticString) -> Bool {
            let matches = oneOf.withUTF8Buffer { choices in rest.first.map(choices.contains) ?? false }
            if matches { rest.removeFirst() }
            return matches
        }

        mutating func number(digits: Int) -> Int? {
            guard rest.count >= digits else { return nil }
            var value = 0
            for byte in rest.prefix(digits) {
                guard byte >= 0x30, byte <= 0x39 else { return nil }
                value = value * 10 + Int(byte - 0x30)
            }
            rest.removeFirst(digits)
            return value
        }

        mutating func date() -> Bool {
            guard let year = number(digits: 4), skip("-"), let month = number(digits: 2), skip("-"),
                let day = number(digits: 2), (1...12).contains(month)
            else { return false }
            let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
            return day >= 1 && day <= lengths[month - 1]
        }

        mutating func time() -> Bool {
            guard let hour = number(digits: 2), skip(":"), let minute = number(digits: 2) else { return false }
            var second = 0
            if skip(":") {
                guard let value = number(digits: 2) else { return false }
                second = value
                if skip(".,") {
                    guard number(digits: 1) != nil else { return false }
                    while number(digits: 1) != nil {}
                }
            }
            return hour < 24 && minute < 60 && second <= 60 || hour == 24 && minute == 0 && second == 0
        }

        mutating func zone() -> Bool {
            if skip("Zz") { return true }
            guard skip("+-"), let hours = number(digits: 2), hours <= 18 else { return false }
            if rest.isEmpty { return true }
            _ = skip(":")
            guard let minutes = number(digits: 2) else { return false }
            return minutes < 60
        }
    }
}
