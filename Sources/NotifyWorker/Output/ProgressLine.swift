import Glibc

/// Says how far a command is, on stderr, once it has taken longer than two seconds; nothing where no person looks on.
final class ProgressLine {
    private let what: String
    private let started = ContinuousClock.now
    private var lastShown = ContinuousClock.now
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private var isShown = false

    init(_ what: String) {
        self.what = what
    }

    func update(_ done: Int, of total: Int? = nil) {
        let now = ContinuousClock.now
        guard isTerminal, now - started > .seconds(2), now - lastShown > .milliseconds(200) else { return }
        lastShown = now
        isShown = true
        let amount = total.map { "\(done) of \($0)" } ?? "\(done)"
        Output.note("\r\u{1b}[K\(what): \(amount)", terminator: "")
    }

    /// Removes the line, so that the result stands alone.
    func finish() {
        if isShown { Output.note("\r\u{1b}[K", terminator: "") }
        isShown = false
    }
}
