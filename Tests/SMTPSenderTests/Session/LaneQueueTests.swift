import Testing

@testable import SMTPSender

@Suite("A lane's queue")
struct LaneQueueTests {
    private static let freshness = Duration.milliseconds(100)

    @Test("gives urgent mails first, then in order, and only urgent ones when told so")
    func order() {
        let now = ContinuousClock.now
        var queue = LaneQueue(freshness: Self.freshness)
        queue.append([1, 2, 3].map { .sample($0, checkedAt: now) } + [.sample(9, isUrgent: true, checkedAt: now)])
        func take(urgentOnly: Bool = false) -> Int64? {
            queue.take(urgentOnly: urgentOnly, margin: .zero, inTurnToo: true, now: now)?.token
        }
        #expect(take() == 9)
        #expect(take(urgentOnly: true) == nil)
        #expect(take() == 1)
        queue.putBack(.sample(1, checkedAt: now))
        #expect([take(), take(), take(), take()] == [1, 2, 3, nil])
    }

    @Test("hands out what is too old when its turn comes, a few at a time, and lets what comes back go first")
    func stale() throws {
        let now = ContinuousClock.now
        var queue = CheckedQueue(freshness: Self.freshness)
        for token in 1...5 { queue.append(.sample(Int64(token), checkedAt: now)) }
        let later = now + .milliseconds(101)
        #expect(queue.handOut(limit: 2, now: later).isEmpty, "no turn has come up yet")
        #expect(queue.take(margin: .zero, inTurnToo: true, now: later) == nil)
        let first = queue.handOut(limit: 2, now: later)
        #expect(first.map(\.token) == [1, 2])
        #expect(queue.take(margin: .zero, inTurnToo: true, now: later) == nil)
        #expect(queue.handOut(limit: 2, now: later).isEmpty, "two are out for their check")
        #expect(queue.nextHandOut == later + CheckedQueue.recheckPatience)
        var checked = try #require(first.last)
        checked.checkedAt = later
        queue.append(checked)
        #expect(queue.take(margin: .zero, inTurnToo: true, now: later)?.token == 2)
        #expect(queue.take(margin: .zero, inTurnToo: true, now: later) == nil)
        #expect(queue.handOut(limit: 9, now: later).map(\.token) == [3, 4, 5])
    }

    @Test("lets a mail that comes back go before those whose check has grown old since they came back")
    func oldChecks() throws {
        let now = ContinuousClock.now
        var queue = CheckedQueue(freshness: Self.freshness)
        func checkNext(_ limit: Int, at instant: ContinuousClock.Instant) {
            #expect(queue.take(margin: .zero, inTurnToo: true, now: instant) == nil)
            for var checked in queue.handOut(limit: limit, now: instant) {
                checked.checkedAt = instant
                queue.append(checked)
            }
        }
        for token in 1...100 { queue.append(.sample(Int64(token), checkedAt: now)) }
        checkNext(100, at: now + .seconds(1))
        // No session came; now one is there and one mail at a time is checked.
        let later = now + .seconds(2)
        for token in 1...100 {
            checkNext(1, at: later)
            #expect(queue.take(margin: .zero, inTurnToo: true, now: later)?.token == Int64(token))
        }
        #expect(queue.count == 0)
    }

    @Test("keeps the place and history of a mail that was composed anew while it was checked")
    func replaced() throws {
        let now = ContinuousClock.now
        let later = now + .milliseconds(101)
        var queue = CheckedQueue(freshness: Self.freshness)
        var waiting = Submission.sample(1, checkedAt: now)
        waiting.history.inTurn = true
        waiting.history.returns = 1
        queue.append(waiting)
        queue.append(.sample(2, checkedAt: later))
        #expect(queue.take(margin: .zero, inTurnToo: true, now: later) == nil)
        let handedOut = queue.handOut(limit: 9, now: later)
        var replaced = try #require(handedOut.first)
        replaced.mail = Submission.sample(1, to: "new@example.com").mail
        replaced.checkedAt = later
        queue.append(replaced)
        #expect(queue.take(margin: .zero, inTurnToo: false, now: later) == nil, "it still must go in turn")
        let taken = queue.take(margin: .zero, inTurnToo: true, now: later)
        #expect(taken?.mail.envelope.recipient == "new@example.com")
        #expect(taken?.history == waiting.history)
        #expect(queue.take(margin: .zero, inTurnToo: true, now: later)?.token == 2)
    }

    @Test("hands out more without an answer once the check has taken too long")
    func droppedChecks() {
        let now = ContinuousClock.now
        var queue = CheckedQueue(freshness: Self.freshness)
        for token in 1...4 { queue.append(.sample(Int64(token), checkedAt: now - .seconds(1))) }
        var handedOut: [Int64] = []
        for step in 0..<4 {
            let instant = now + CheckedQueue.recheckPatience * step
            #expect(queue.take(margin: .zero, inTurnToo: true, now: instant) == nil)
            handedOut += queue.handOut(limit: 1, now: instant).map(\.token)
        }
        #expect(handedOut == [1, 2, 3, 4])
    }

    @Test("sends what comes back from its check though more are out than can be sent in time, and the others in turn")
    func flood() {
        var now = ContinuousClock.now
        var queue = CheckedQueue(freshness: Self.freshness)
        // A check that hung gives back at once what was handed out meanwhile.
        var waiting = (1...200)
            .map { number in
                var submission = Submission.sample(Int64(number), checkedAt: now)
                submission.history.wasHandedOut = true
                return submission
            }
        var taken: [Int64] = []
        for _ in 0..<200 {
            for submission in waiting { queue.append(submission) }
            // One mail every 15 ms, and a check takes 5 ms.
            now += .milliseconds(10)
            if let next = queue.take(margin: .zero, inTurnToo: true, now: now) { taken.append(next.token) }
            waiting = queue.handOut(limit: 2, now: now)
            for index in waiting.indices { waiting[index].checkedAt = now }
            now += .milliseconds(5)
        }
        #expect(taken.count > 120)
        #expect(Set(taken).count == taken.count)
        #expect(taken == taken.sorted())
    }

    @Test("keeps back from a joined group a mail whose check will not count by then")
    func margin() {
        let now = ContinuousClock.now
        var queue = CheckedQueue(freshness: Self.freshness)
        queue.append(.sample(1, checkedAt: now - .milliseconds(60)))
        #expect(queue.take(margin: .milliseconds(50), inTurnToo: true, now: now) == nil)
        #expect(queue.handOut(limit: 9, now: now).map(\.token) == [1])
    }

    @Test("keeps a mail that must go in turn from a connection that is not quiet")
    func inTurn() {
        let now = ContinuousClock.now
        var queue = CheckedQueue(freshness: Self.freshness)
        var careful = Submission.sample(1, checkedAt: now)
        careful.history.inTurn = true
        queue.putBack(careful)
        #expect(queue.take(margin: .zero, inTurnToo: false, now: now) == nil)
        #expect(queue.take(margin: .zero, inTurnToo: true, now: now)?.token == 1)
    }
}

@Suite("The number of connections")
struct ConnectionNumberTests {
    @Test("falls to those that the relay bears, never below one, and is whole again after a minute")
    func lowered() {
        let start = ContinuousClock.now
        var number = ConnectionNumber(configured: 10, now: start)
        #expect(number.limit(at: start) == 10)
        number.lower(to: 7, now: start)
        number.lower(to: 9, now: start)
        #expect(number.limit(at: start) == 7)
        number.lower(to: 0, now: start)
        #expect(number.limit(at: start + .seconds(59)) == 1)
        #expect(number.limit(at: start + .seconds(60)) == 10)
    }

    @Test("is tried again after pauses that double up to 15 s, shortened by up to a fifth at random")
    func pauses() {
        let start = ContinuousClock.now
        var number = ConnectionNumber(configured: 10, now: start)
        for expected in [0.25, 0.5, 1, 2, 4, 8, 15, 15, 15] {
            number.failed(now: start)
            let pause = (number.nextAttempt - start) / .seconds(1)
            #expect(pause <= expected && pause >= expected * 0.8)
        }
        number.opened()
        number.failed(now: start)
        #expect(number.nextAttempt - start <= .milliseconds(250))
    }
}
