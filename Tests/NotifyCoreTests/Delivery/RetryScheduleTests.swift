import NotifyCore
import Testing

@Suite("The retry schedule")
struct RetryScheduleTests {
    @Test("Delays are read in order, with their units")
    func parse() throws {
        #expect(try RetrySchedule(parsing: "1m,5m,15m,30m,1h,2h,4h") == .standard)
        #expect(try RetrySchedule(parsing: " 10s , 24h ").delays == [.seconds(10), .seconds(86_400)])
    }

    @Test("The last delay repeats")
    func delay() throws {
        let schedule = try RetrySchedule(parsing: "1s,3s")
        #expect(
            [0, 1, 2, 3, 1_000].map(schedule.delay(afterAttempt:)) == [1, 1, 3, 3, 3].map { Duration.seconds($0) })
    }

    @Test(
        "A schedule that cannot be used is refused with the entry at fault",
        arguments: [
            ("", "entry 1"), ("5", "entry 1"), ("1m,,5m", "entry 2"), ("1m,5x", "entry 2"), ("0s", "entry 1"),
            ("25h", "entry 1"), ("-1m", "entry 1"), ("1.5m", "entry 1"), ("999999s", "entry 1"), ("m", "entry 1"),
            ("٣m", "entry 1"), (Array(repeating: "1m", count: 51).joined(separator: ","), "51 delays"),
        ])
    func refuse(_ text: String, _ problem: String) {
        let error = #expect(throws: InvalidSetting.self) { try RetrySchedule(parsing: text) }
        #expect(error?.description.contains(problem) == true)
    }

    @Test("Every delay stays within 20 % of its place in the schedule")
    func bounds() {
        let seed = UInt64.random(in: .min ... .max)
        var generator = SplitMix64(seed: seed)
        for attempt in 1...2_000 {
            let plain = RetrySchedule.standard.delay(afterAttempt: attempt % 10)
            let delay = Jitter.random(using: &generator).applied(to: plain)
            #expect(delay >= plain * 0.8 && delay <= plain * 1.2, "seed \(seed)")
        }
    }
}
