internal import CLibPQ
internal import Glibc
internal import Synchronization

/// Ends what a connection is doing, from another thread.
///
/// It outlives its connection: after that was closed, a cut does nothing.
package final class Canceller: Sendable {
    private let socket = Mutex<Int32?>(nil)

    init() {}

    /// Cuts the connection at once, without asking the server. The thread that waits on it gets a lost connection;
    /// whether its statement took effect stays unknown.
    package func cut() {
        socket.withLock { socket in
            // Under the lock, because the descriptor's number may be another file's once it is closed.
            if let socket { shutdown(socket, Int32(SHUT_RDWR)) }
        }
    }

    /// Called by the connection's owner when it is open, and with `nil` before it is closed.
    func aim(at connection: OpaquePointer?) {
        socket.withLock { $0 = connection.map { PQsocket($0) } }
    }
}
