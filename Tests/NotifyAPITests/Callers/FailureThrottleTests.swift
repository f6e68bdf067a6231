import NotifyCore
import Synchronization
import Testing

@testable import NotifyAPI

@Suite("The throttle of callers who try tokens")
struct FailureThrottleTests {
    private final class Clock: Sendable {
        private let instant = Mutex(ContinuousClock.now)
        var now: ContinuousClock.Instant { instant.withLock { $0 } }
        func pass(_ duration: Duration) { instant.withLock { $0 += duration } }
    }

    private let guess = AccessToken(for: .apiKey)

    @Test("Thirty failures in a row make an address wait, and no other; each two seconds allow one more")
    func burst() {
        let clock = Clock()
        let throttle = FailureThrottle { clock.now }
        for _ in 1...30 {
            #expect(throttle.pause(for: "a") == nil)
            throttle.failed("a", presenting: guess)
        }
        #expect(throttle.pause(for: "a") == .seconds(2))
        #expect(throttle.pause(for: "b") == nil)
        clock.pass(.milliseconds(1_999))
        #expect(throttle.pause(for: "a") != nil)
        clock.pass(.milliseconds(2))
        #expect(throttle.pause(for: "a") == nil)
        throttle.failed("a", presenting: guess)
        #expect(throttle.pause(for: "a") != nil)
    }

    @Test("However many come, a minute and a half of peace is enough, and a slow one never waits")
    func recovery() {
        let clock = Clock()
        let throttle = FailureThrottle { clock.now }
        for _ in 1...1_000 { throttle.failed("a", presenting: guess) }
        #expect(throttle.pause(for: "a") == .seconds(22))
        clock.pass(.seconds(90))
        for _ in 1...29 { throttle.failed("a", presenting: guess) }
        #expect(throttle.pause(for: "a") == nil)
        for _ in 1...1_000 {
            clock.pass(.seconds(2))
            throttle.failed("slow", presenting: guess)
        }
        #expect(throttle.pause(for: "slow") == nil)
    }

    @Test("A token that was good before need not wait with the others of its address")
    func goodToken() {
        let throttle = FailureThrottle()
        let known = AccessToken(for: .apiKey)
        throttle.succeeded(known)
        for _ in 1...40 { throttle.failed("a", presenting: guess) }
        #expect(throttle.pause(for: "a", presenting: known) == nil)
        #expect(throttle.pause(for: "a", presenting: AccessToken(for: .apiKey)) != nil)
        #expect(throttle.pause(for: "a") != nil)
    }

    @Test("What no token looks like is no guess, nor is a token that was good before and has ended")
    func noGuess() {
        let throttle = FailureThrottle()
        let ended = AccessToken(for: .session)
        throttle.succeeded(ended)
        for _ in 1...100 {
            throttle.failed("a", presenting: nil)
            throttle.failed("a", presenting: ended)
        }
        #expect(throttle.pause(for: "a") == nil)
    }

    @Test("All addresses of one IPv6 network are one, and those of two are two")
    func networks() {
        let keys = ["2001:db8::1", "2001:db8::ffff:1", "2001:db8:0:1::1", "192.0.2.1", "192.0.2.2", "unknown"]
            .map(FailureThrottle.key)
        #expect(keys[0] == keys[1])
        #expect(Set(keys).count == 5)
    }

    @Test("Beyond 10,000 addresses those are forgotten first whose failures are over")
    func bound() {
        let clock = Clock()
        let throttle = FailureThrottle { clock.now }
        for number in 1...9_999 { throttle.failed("old \(number)", presenting: guess) }
        clock.pass(.seconds(60))
        for _ in 1...40 { throttle.failed("now", presenting: guess) }
        for number in 1...100 { throttle.failed("new \(number)", presenting: guess) }
        #expect(throttle.pause(for: "now") != nil)
    }
}
