import NotifyCore

/// The switches that a request sets: any of the five, at least one.
enum PreferencePatch {
    static func switches(in value: JSONValue?) throws(Problem) -> [EmailSwitch: Bool] {
        let path = JSONPath().appending(member: "switches")
        guard let value else { throw .missing(at: path) }
        var reader = try ObjectReader(value, at: path)
        var switches: [EmailSwitch: Bool] = [:]
        for emailSwitch in EmailSwitch.allCases {
            switches[emailSwitch] = try reader.bool(emailSwitch.rawValue)
        }
        try reader.finish()
        guard !switches.isEmpty else {
            throw .invalid("sets none of \(EmailSwitch.allCases.map(\.rawValue).joined(separator: ", "))", at: path)
        }
        return switches
    }
}
