import Threads

/// Holds a thread until it is let go.
package final class MeetingPoint: Sendable {
    private struct State {
        var hasArrived = false
        var isOpen = false
    }

    private let state = Monitor(State())

    package init() {}

    package func arrive() {
        state.update { $0.hasArrived = true }
    }

    package func arriveAndWait() {
        arrive()
        _ = state.wait { $0.isOpen ? true : nil }
    }

    package func waitForArrival() {
        _ = state.wait { $0.hasArrived ? true : nil }
    }

    package func open() {
        state.update { $0.isOpen = true }
    }
}
