import Glibc
import Threads

/// Runs blocking work on a thread of its own and waits for it without holding one of the cooperative pool's, which on
/// two cores are two: two tests that block there stop all others.
///
/// The thread blocks no signal. Those of Swift's pool block nearly all, SIGTERM and SIGALRM among them, and a program
/// started on one inherits that: it can then be killed but not terminated, and its own timeouts never fire.
package func onThread<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await Blocking.run("test") {
        var none = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, nil)
        return try body()
    }
}
