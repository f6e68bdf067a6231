import Glibc
import UnixSignals

/// SIGTERM and SIGINT: the first stops gracefully. A SIGINT after it, of somebody who waits, ends the process at once:
/// leases then run out, and everything that was open is taken up again. A further SIGTERM changes nothing: supervisors,
/// `timeout` and process groups signal twice without meaning more by it, and who does mean more has SIGKILL.
struct StopSignals: Sendable {
    private let signals: UnixSignalsSequence

    /// From here on the signals end nothing by themselves.
    init() async {
        signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
    }

    /// Watches until the task is cancelled: the first signal, if there was one. Never returns from a second SIGINT.
    func watch(
        first onFirst: (UnixSignal) async -> Void = { _ in }, second onSecond: (UnixSignal) -> Void = { _ in }
    ) async -> UnixSignal? {
        var first: UnixSignal?
        for await signal in signals {
            guard first != nil else {
                first = signal
                await onFirst(signal)
                continue
            }
            guard signal == .sigint else { continue }
            onSecond(signal)
            Logs.standardError.flush(within: .milliseconds(200))
            _exit(Self.status(of: signal))
        }
        return first
    }

    /// The exit status of a program that a signal ended, as shells have it.
    static func status(of signal: UnixSignal) -> Int32 {
        128 + (signal == .sigint ? SIGINT : SIGTERM)
    }
}
