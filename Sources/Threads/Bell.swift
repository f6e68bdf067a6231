/// Ends an idle wait at once: a ring that nobody waits for is kept for the next wait.
package final class Bell: Sendable {
    private let isRung = Monitor(false)

    package init() {}

    package func ring() {
        isRung.update { $0 = true }
    }

    /// Waits for a ring, at most `timeout`. Whether it was rung.
    @discardableResult
    package func wait(timeout: Duration) -> Bool {
        isRung.wait(timeout: timeout) { isRung -> Bool? in
            guard isRung else { return nil }
            isRung = false
            return true
        } ?? false
    }
}
