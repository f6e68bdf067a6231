import Glibc
import Logging
import UnixSignals

/// The first SIGTERM or SIGINT stops gracefully; a second one ends the process at once. Leases run out and everything
/// that was open is taken up again.
enum SecondSignal {
    static func watch(_ logger: Logger) async {
        var seen = 0
        for await signal in await UnixSignalsSequence(trapping: .sigterm, .sigint) {
            seen += 1
            guard seen > 1 else { continue }
            logger.error("second signal: ending at once", metadata: ["signal": "\(signal)"])
            Logs.standardError.flush(within: .milliseconds(200))
            _exit(128 + (signal == .sigint ? SIGINT : SIGTERM))
        }
    }
}
