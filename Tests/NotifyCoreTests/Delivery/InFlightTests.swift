import Testing

@testable import NotifyCore

@Suite("What is in flight")
struct InFlightTests {
    private func claim(_ id: Int64, lease: Int64) -> ClaimedEvent {
        Sample.event(id: id, leaseID: lease)
    }

    @Test("An event that is claimed again while its earlier claim ends stays in flight")
    func claimedAgain() {
        let inFlight = InFlight()
        inFlight.insert([claim(5, lease: 1)], readAt: .now)
        inFlight.insert([claim(5, lease: 2)], readAt: .now)
        #expect(inFlight.count == 2)
        inFlight.remove([1])
        #expect(inFlight.entry(of: 1) == nil)
        #expect(inFlight.entry(of: 2)?.event.id == 5)
        #expect(inFlight.leases == [2])
        #expect(!inFlight.waitUntilEmpty(timeout: .zero))
        inFlight.remove([2])
        #expect(inFlight.waitUntilEmpty(timeout: .zero))
    }
}
