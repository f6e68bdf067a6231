import Testing

@testable import NotifyCore

@Suite("When the queue is swept")
struct SweepScheduleTests {
    private let start = ContinuousClock.now

    /// Seconds from the start until the next sweep is due, to a tenth.
    private func due(_ schedule: SweepSchedule) -> Double? {
        (0...10_000).first { schedule.isDue(at: start + .milliseconds(100) * $0) }.map { Double($0) / 10 }
    }

    @Test("At once, then every ten seconds, and a second after a claim that others were faster for")
    func cheap() {
        var schedule = SweepSchedule(at: start)
        #expect(due(schedule) == 0)
        schedule.swept(from: start, to: start, isCut: false)
        #expect(due(schedule) == 10)
        schedule.missed(at: start + .seconds(3))
        #expect(due(schedule) == 4)
        schedule.missed(at: start + .seconds(3.5))
        #expect(due(schedule) == 4)
    }

    @Test("A sweep that took long keeps the next one a hundred times as far, however often others are faster")
    func dear() {
        var schedule = SweepSchedule(at: start)
        schedule.swept(from: start, to: start + .seconds(1), isCut: false)
        #expect(due(schedule) == 101)
        for second in 1..<120 { schedule.missed(at: start + .seconds(second)) }
        #expect(due(schedule) == 101)
        schedule.missed(at: start + .seconds(150))
        #expect(due(schedule) == 101)
    }

    @Test("The parts of a sweep follow at once and count together")
    func inParts() {
        var schedule = SweepSchedule(at: start)
        schedule.swept(from: start, to: start + .seconds(1), isCut: true)
        #expect(due(schedule) == 1)
        schedule.swept(from: start + .seconds(1), to: start + .seconds(2), isCut: false)
        #expect(due(schedule) == 202)
        schedule.missed(at: start + .seconds(2))
        #expect(due(schedule) == 202)
    }
}
