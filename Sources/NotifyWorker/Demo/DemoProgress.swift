/// Says on stderr what the demo is doing and how long each step took.
struct DemoProgress: Sendable {
    func step<Value>(_ name: String, _ body: () async throws -> Value) async throws -> Value {
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
