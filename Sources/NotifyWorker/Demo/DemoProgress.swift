/// Says on stderr what the demo is doing and how long each step took.
struct DemoProgress: Sendable {
    /// - Throws: `CancellationError` where the demo is to stop; a step that has begun is finished first, so that whoever
    ///   began it knows what there is to end.
    func step<Value>(_ name: String, _ body: () async throws -> Value) async throws -> Value {
        try Task.checkCancellation()
        let started = ContinuousClock.now
        Output.note("  … \(name)")
        let value = try await body()
        let seconds = (ContinuousClock.now - started) / .seconds(1)
        Output.note("  ✓ \(name) (\(Int((seconds * 10).rounded()) / 10).\(Int((seconds * 10).rounded()) % 10) s)")
        return value
    }

    func note(_ text: String) {
        Output.note("    \(text)")
    }
}
