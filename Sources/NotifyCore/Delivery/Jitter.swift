/// A random stretch of a delay by up to ±20 %, so that what failed together does not come back together.
package struct Jitter: Sendable, Hashable {
    /// From -1 (20 % shorter) to 1 (20 % longer).
    package let position: Double

    package static let spread = 0.2

    package init(position: Double) {
        self.position = min(max(position, -1), 1)
    }

    package static func random(using generator: inout some RandomNumberGenerator) -> Jitter {
        Jitter(position: Double.random(in: -1...1, using: &generator))
    }

    package static func random() -> Jitter {
        var generator = SystemRandomNumberGenerator()
        return random(using: &generator)
    }

    package func applied(to delay: Duration) -> Duration {
        delay * (1 + Self.spread * position)
    }
}
