internal import CLibPQ
internal import Glibc
internal import Synchronization

/// Ends what a connection is doing, from another thread.
///
/// It outlives its connection: after that was closed, both calls do nothing.
package final class Canceller: Sendable {
    private struct Target {
        var request: CancelRequest?
        var socket: Int32 = -1
    }

    private let target = Mutex(Target())

    init() {}

    /// Asks the server to end the running statement (57014). Blocks for the length of one connect; the statement may
    /// have ended meanwhile, and then the request hits nothing or, rarely, the next one.
    ///
    /// Returns whether the request was delivered.
    @discardableResult
    package func cancel() -> Bool {
        guard let request = target.withLock({ $0.request }) else { return false }
        return request.send()
    }

    /// Cuts the connection at once, without asking the server. The thread that waits on it gets a lost connection;
    /// whether its statement took effect stays unknown.
    package func cut() {
        target.withLock { target in
            // Under the lock, because the descriptor's number may be another file's once it is closed.
            if target.socket >= 0 { shutdown(target.socket, Int32(SHUT_RDWR)) }
        }
    }

    /// Called by the connection's owner when it is open, and with `nil` before it is closed.
    func aim(at connection: OpaquePointer?) {
        target.withLock { target in
            target.request = connection.flatMap { PQgetCancel($0) }.map(CancelRequest.init)
            target.socket = connection.map { PQsocket($0) } ?? -1
        }
    }
}

/// Owns a `PGcancel`. `PQcancel` only reads it, so several threads may use it at once.
private final class CancelRequest: @unchecked Sendable {
    private let handle: OpaquePointer

    init(_ handle: OpaquePointer) {
        self.handle = handle
    }

    deinit {
        PQfreeCancel(handle)
    }

    func send() -> Bool {
        var reason = [CChar](repeating: 0, count: 256)
        return PQcancel(handle, &reason, Int32(reason.count)) == 1
    }
}
