/// One line of `check`: what was looked at, how it stands, and how to mend it.
struct CheckFinding: Encodable {
    let part: String
    let status: Status
    let message: String
    let mend: String?

    enum Status: String, Encodable {
        case ok
        /// It works, but not as well as it could, or not in every case.
        case warning
        /// It cannot be reached now; the settings may be right.
        case unreachable
        /// A setting, a template, a right or a migration is wrong or missing.
        case wrong
    }

    static func ok(_ part: String, _ message: String) -> CheckFinding {
        CheckFinding(part: part, status: .ok, message: message, mend: nil)
    }

    static func warning(_ part: String, _ message: String, mend: String) -> CheckFinding {
        CheckFinding(part: part, status: .warning, message: message, mend: mend)
    }

    static func unreachable(_ part: String, _ message: String, mend: String) -> CheckFinding {
        CheckFinding(part: part, status: .unreachable, message: message, mend: mend)
    }

    static func wrong(_ part: String, _ message: String, mend: String) -> CheckFinding {
        CheckFinding(part: part, status: .wrong, message: message, mend: mend)
    }

    static func wrong(_ part: String, _ error: SettingsError) -> [CheckFinding] {
        error.problems.map { wrong(part, $0.text, mend: $0.mend) }
    }

    var text: String {
        let mark =
            switch status {
            case .ok: "✓"
            case .warning: "!"
            case .unreachable, .wrong: "✗"
            }
        let line = "\(mark) \(part): \(LogText.escaped(message))"
        return mend.map { line + "\n    → " + LogText.escaped($0) } ?? line
    }
}

extension [CheckFinding] {
    /// 78 when anything is wrong, 1 when something only cannot be reached.
    var exit: ExitStatus {
        if contains(where: { $0.status == .wrong }) { return .configuration }
        return contains { $0.status == .unreachable } ? .failed : .success
    }
}
