internal import CLinux
internal import Glibc
internal import Synchronization

/// Ends another thread's wait. Safe from any thread; a signal given while nobody waits is kept for the next wait.
package final class WakeSignal: Sendable {
    /// Readable while there is a signal, for poll().
    package let descriptor: Int32
    private let stopped = Atomic(false)

    package init() throws(SystemError) {
        descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard descriptor >= 0 else { throw SystemError(code: errno, "cannot create an eventfd") }
    }

    deinit {
        close(descriptor)
    }

    package var isStopped: Bool { stopped.load(ordering: .acquiring) }

    /// Ends the present or the next wait, once.
    package func wake() {
        // Fails only when the counter is full, and then the signal is there already.
        eventfd_write(descriptor, 1)
    }

    /// Ends the present wait and every later one.
    package func stop() {
        stopped.store(true, ordering: .releasing)
        wake()
    }

    /// Takes the signal; whether there was one.
    @discardableResult
    package func consume() -> Bool {
        var count: eventfd_t = 0
        return eventfd_read(descriptor, &count) == 0
    }
}
