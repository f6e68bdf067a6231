import Glibc
import NotifyCore
import Synchronization

/// Makes an address wait that tries tokens: after 30 that nobody has, one more each two seconds.
///
/// Guessing 256 bits is hopeless at any speed; this keeps a scanner from keeping the database busy. Addresses are
/// remembered for the minute that their failures take to be forgotten, at most 10,000 of them. A token that was good
/// before need not wait: it may share its address with the scanner, behind a proxy or a NAT, and who tries tokens must
/// not shut out who has one. Nor does such a token count once nobody has it any more: forgotten tabs do not guess.
final class FailureThrottle: Sendable {
    private static let burst = 30.0
    private static let perSecond = 0.5
    private static let maximumClients = 10_000
    private static let maximumTokens = 10_000

    private struct Bucket {
        var failures: Double
        var since: ContinuousClock.Instant

        func failures(at now: ContinuousClock.Instant) -> Double {
            let passed = (now - since) / .seconds(1)
            return max(0, failures - passed * FailureThrottle.perSecond)
        }
    }

    private let buckets = Mutex<[String: Bucket]>([:])
    /// By their hashes. They only get past this throttle; what they are good for is asked each time.
    private let goodTokens = Mutex<Set<[UInt8]>>([])
    private let now: @Sendable () -> ContinuousClock.Instant

    init(now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
        self.now = now
    }

    /// Who has an IPv6 address has all of its /64.
    static func key(for address: String) -> String {
        var octets = [UInt8](repeating: 0, count: 16)
        guard address.contains(":"), inet_pton(AF_INET6, address, &octets) == 1 else { return address }
        return HexText.encode(octets.prefix(8))
    }

    /// How long this address has to wait with this token; nil when it need not.
    func pause(for client: String, presenting token: AccessToken? = nil) -> Duration? {
        let now = now()
        let failures = buckets.withLock { $0[client]?.failures(at: now) ?? 0 }
        guard failures > Self.burst - 1 else { return nil }
        if let token, goodTokens.withLock({ $0.contains(token.hash) }) { return nil }
        return .seconds((failures - Self.burst + 1) / Self.perSecond)
    }

    func succeeded(_ token: AccessToken) {
        let hash = token.hash
        goodTokens.withLock { tokens in
            if tokens.count >= Self.maximumTokens { tokens.removeAll() }
            tokens.insert(hash)
        }
    }

    /// - Parameter token: Nil for a text that no token looks like, for which the database was not asked: it costs nothing.
    func failed(_ client: String, presenting token: AccessToken?) {
        guard let token, !goodTokens.withLock({ $0.contains(token.hash) }) else { return }
        let now = now()
        buckets.withLock { buckets in
            if buckets.count >= Self.maximumClients {
                buckets = buckets.filter { $0.value.failures(at: now) > 1 }
                if buckets.count >= Self.maximumClients { buckets.removeAll() }
            }
            let failures = buckets[client]?.failures(at: now) ?? 0
            buckets[client] = Bucket(failures: min(failures + 1, Self.burst + 10), since: now)
        }
    }
}
