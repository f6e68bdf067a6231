internal import CLibPQ
internal import Glibc
internal import Synchronization

/// Ends what a connection is doing, connecting included, from another thread.
///
/// Given to one connection after the other, it cuts those that are still to come as well: who was told to end does not
/// begin anew.
package final class Canceller: Sendable {
    private struct State {
        var isCut = false
        var end: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    package init() {}

    var isCut: Bool { state.withLock { $0.isCut } }

    /// Cuts the connection at once, without asking the server. The thread that waits on it gets a lost connection;
    /// whether its statement took effect stays unknown.
    package func cut() {
        state.withLock { state in
            state.isCut = true
            state.end?()
        }
    }

    /// Called by the connection's owner when it is open, and with `nil` before it is closed.
    func aim(at connection: OpaquePointer?) {
        guard let connection else { return aim(nil) }
        let socket = PQsocket(connection)
        aim { _ = shutdown(socket, Int32(SHUT_RDWR)) }
    }

    /// Says what ends what is being done now.
    func aim(_ end: (@Sendable () -> Void)?) {
        state.withLock { state in
            state.end = end
            // Under the lock, as in `cut`: once a descriptor is closed its number may be another file's.
            if state.isCut { end?() }
        }
    }
}
