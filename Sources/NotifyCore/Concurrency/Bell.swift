import PostgresClient

/// Ends an idle wait at once: rung by a notification, by room, or by a stop.
final class Bell: Sendable {
    private let isRung = Monitor(false)

    func ring() {
        isRung.update { $0 = true }
    }

    /// Waits for a ring, at most `timeout`; a ring since the last wait counts. Whether it was rung.
    @discardableResult
    func wait(timeout: Duration) -> Bool {
        isRung.wait(timeout: timeout) { isRung -> Bool? in
            guard isRung else { return nil }
            isRung = false
            return true
        } ?? false
    }
}
