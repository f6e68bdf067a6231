internal import CLibCURL
internal import Glibc

/// A descriptor that makes a poll() return from another thread.
final class WakeUp: Sendable {
    let descriptor: Int32

    init?() {
        descriptor = clibcurl_eventfd()
        guard descriptor >= 0 else { return nil }
    }

    deinit { close(descriptor) }

    func signal() {
        var one: UInt64 = 1
        // Full only after 2^64 signals that nobody took: it is readable then as well.
        _ = write(descriptor, &one, 8)
    }

    func clear() {
        var count: UInt64 = 0
        _ = read(descriptor, &count, 8)
    }
}

extension ContinuousClock.Instant {
    /// Whole milliseconds from `start` to here, rounded up, for poll(): zero when it has passed.
    func milliseconds(after start: ContinuousClock.Instant) -> Int32 {
        let left = self - start
        guard left > .zero else { return 0 }
        let (seconds, attoseconds) = left.components
        guard seconds < 1_000_000 else { return Int32.max }
        return Int32(seconds) * 1_000 + Int32((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}
