import Testing
import Threads

@testable import NotifyCore

@Suite("Trying again at a database that is away")
struct BackOffTests {
    @Test("Pauses double from 100 ms to 2 s, and start again after a success")
    func grows() {
        var backOff = BackOff()
        let middle = Jitter(position: 0)
        let pauses = (0..<7).map { _ in backOff.next(middle).inMilliseconds }
        #expect(pauses == [100, 200, 400, 800, 1_600, 2_000, 2_000])
        backOff.reset()
        #expect(backOff.next(middle) == .milliseconds(100))
    }

    @Test(
        "Nobody takes others for dead before each had a try after the same outage, whatever the lease",
        arguments: [2, 6, 9, 60, 3_600])
    func graceOutlastsPauses(leaseSeconds: Int) {
        var backOff = BackOff()
        let pauses = (0..<7).map { _ in backOff.next(Jitter(position: 1)) }
        let grace = Keeper.rescueGrace(forLease: .seconds(leaseSeconds))
        #expect(pauses.allSatisfy { $0 < grace })
        #expect(grace <= .seconds(20))
    }
}
