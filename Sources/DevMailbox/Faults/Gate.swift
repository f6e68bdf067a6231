import Synchronization

/// Holds sessions back until a test releases them.
package final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var nextNumber = 0
        var waiting: [Int: CheckedContinuation<Void, any Error>] = [:]
        var cancelled: Set<Int> = []
    }

    private let state = Mutex(State())

    package init() {}

    /// Lets go who waits and who comes later.
    package func release() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [:] }
            return state.waiting.values.map { $0 }
        }
        for continuation in waiting { continuation.resume() }
    }

    func wait() async throws {
        let number = state.withLock { state in
            state.nextNumber += 1
            return state.nextNumber
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                state.withLock { state in
                    if state.isOpen {
                        continuation.resume()
                    } else if state.cancelled.remove(number) != nil {
                        continuation.resume(throwing: CancellationError())
                    } else {
                        state.waiting[number] = continuation
                    }
                }
            }
        } onCancel: {
            state.withLock { state in
                if let continuation = state.waiting.removeValue(forKey: number) {
                    continuation.resume(throwing: CancellationError())
                } else {
                    state.cancelled.insert(number)
                }
            }
        }
    }
}
