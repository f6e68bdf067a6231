/// Turns an error into the lines that go to stderr and the exit code. Never a stack trace, never a secret.
struct FailureReport {
    let text: String
    let exit: ExitStatus

    init(_ failure: CommandFailure) {
        exit = failure.exit
        text = "notify-worker: " + failure.message + (failure.mend.map { "\n  → " + $0 } ?? "")
    }

    init(_ error: SettingsError) {
        exit = .configuration
        let lines = error.problems.map { "  \($0.name) \($0.message)\n    → \($0.mend)" }
        let count = error.problems.count == 1 ? "a setting needs" : "\(error.problems.count) settings need"
        text = "notify-worker: \(count) mending\n" + lines.joined(separator: "\n")
    }
}
