import PostgresClient
import Synchronization
import Threads

/// Ends another thread's database call, for a stop that must not wait for a server that does not answer.
final class Interrupter: Sendable {
    private let canceller = Mutex<Canceller?>(nil)

    func aim(at canceller: Canceller?) {
        self.canceller.withLock { $0 = canceller }
    }

    /// The call fails with a lost connection; whether it took effect stays unknown.
    func cut() {
        canceller.withLock { $0 }?.cut()
    }

    /// Runs `joins`, and cuts the calls of the threads that it waits for once `patience` is over.
    static func cutting(_ interrupters: [Interrupter], after patience: Duration, _ joins: () -> Void) {
        let hasJoined = StopSignal()
        let cutter = try? NamedThread("cutter") {
            if !hasJoined.wait(patience) { interrupters.forEach { $0.cut() } }
        }
        joins()
        hasJoined.request()
        cutter?.join()
    }
}
