import PostgresClient

/// Runs blocking work on a thread of its own and waits for it without holding one of the cooperative pool's, which on
/// two cores are two: two tests that block there stop all others.
package func onThread<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Result, any Error>) in
        do {
            _ = try NamedThread("test") { continuation.resume(with: Swift.Result(catching: body)) }
        } catch {
            continuation.resume(throwing: error)
        }
    }
}
