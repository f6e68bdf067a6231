internal import DequeModule

/// Hands work from one thread to another, in batches at both ends.
///
/// It has no bound of its own: its users bound what they push.
package final class WorkQueue<Element: Sendable>: Sendable {
    private struct State {
        var elements: Deque<Element> = []
        var isClosed = false
    }

    private let state = Monitor(State())

    package init() {}

    package func push(_ element: Element) {
        state.update { $0.elements.append(element) }
    }

    /// False, and nothing done, once the queue is closed.
    ///
    /// - Parameter isFirst: before all that waits.
    @discardableResult
    package func push(contentsOf elements: [Element], isFirst: Bool = false) -> Bool {
        state.update { state in
            guard !state.isClosed else { return false }
            if isFirst {
                state.elements.prepend(contentsOf: elements)
            } else {
                state.elements.append(contentsOf: elements)
            }
            return true
        }
    }

    /// Puts back, before all that waits, what was taken and could not be done: a closed queue takes it too.
    package func giveBack(_ elements: [Element]) {
        state.update { $0.elements.prepend(contentsOf: elements) }
    }

    /// All that waits, at most `limit`; waits until there is something. Nil once the queue is closed and empty.
    package func pop(limit: Int) -> [Element]? {
        let batch: [Element]?? = state.wait { state in
            if state.elements.isEmpty { return state.isClosed ? .some(nil) : nil }
            let batch = Array(state.elements.prefix(limit))
            state.elements.removeFirst(batch.count)
            return .some(batch)
        }
        return batch ?? nil
    }

    /// No more work will come; what waits is still handed out.
    package func close() {
        state.update { $0.isClosed = true }
    }
}
