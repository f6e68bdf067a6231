import Testing

@testable import NotifyCore

@Suite("The database's clock")
struct DatabaseClockTests {
    private let start = ContinuousClock.now

    /// The steps that a series of readings finds, a second apart on our own clock, with a tolerance of half a second.
    private func steps(_ readings: [Int64]) -> [Duration?] {
        var clock = DatabaseClock()
        return readings.enumerated()
            .map { index, time in
                clock.read(time, at: start + .seconds(index), tolerance: .milliseconds(500))?.step
            }
    }

    @Test("that goes as ours does, more or less, was not set")
    func steady() {
        #expect(steps([0, 1_000_000, 2_400_000, 2_950_000]) == [nil, nil, nil, nil])
    }

    @Test("set forward or back tells by how much, once")
    func set() {
        #expect(steps([5_000_000, 3_606_000_000, 3_607_000_000]) == [nil, .seconds(3_600), nil])
        #expect(steps([5_000_000, -3_594_000_000, -3_593_000_000]) == [nil, .seconds(-3_600), nil])
    }

    @Test("that we did not read for long was not set, and the pause is told")
    func pause() {
        var clock = DatabaseClock()
        #expect(clock.read(0, at: start, tolerance: .zero) == nil)
        let reading = clock.read(60_000_000, at: start + .seconds(60), tolerance: .zero)
        #expect(reading?.passed == .seconds(60))
        #expect(reading?.step == nil)
    }
}
