/// What `run --drain` waits for: a queue with nothing due, or a relay that cannot be used.
package final class DrainWatch: Sendable {
    package enum Result: Sendable, Hashable {
        case drained
        /// No relay could be used for 30 s; why.
        case noRelay(String)
    }

    private let results: AsyncStream<Result>
    private let told: AsyncStream<Result>.Continuation

    init() {
        (results, told) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1))
    }

    func nothingIsDue() {
        told.yield(.drained)
    }

    func noRelay(_ reason: String) {
        told.yield(.noRelay(reason))
    }

    /// How the drain ended, to be asked once; nil when the waiting task was cancelled first.
    package func end() async -> Result? {
        await results.first { _ in true }
    }
}
