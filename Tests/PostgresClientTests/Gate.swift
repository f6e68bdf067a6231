import Threads

/// Holds a pool's thread until it is let go.
final class Gate: Sendable {
    private struct State {
        var hasArrived = false
        var isOpen = false
    }

    private let state = Monitor(State())

    func arrive() {
        state.update { $0.hasArrived = true }
    }

    func arriveAndWait() {
        arrive()
        _ = state.wait { $0.isOpen ? true : nil }
    }

    func waitForArrival() {
        _ = state.wait { $0.hasArrived ? true : nil }
    }

    func open() {
        state.update { $0.isOpen = true }
    }
}
