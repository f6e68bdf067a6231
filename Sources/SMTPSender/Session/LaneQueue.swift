/// The two queues of a lane: urgent mails go first.
struct LaneQueue {
    private(set) var urgent: CheckedQueue
    private(set) var normal: CheckedQueue

    init(freshness: Duration) {
        urgent = CheckedQueue(freshness: freshness)
        normal = CheckedQueue(freshness: freshness)
    }

    var count: Int { urgent.count + normal.count }
    var load: LaneLoad { LaneLoad(normal: normal.count, urgent: urgent.count) }

    mutating func append(_ submissions: [Submission]) {
        for submission in submissions {
            if submission.isUrgent { urgent.append(submission) } else { normal.append(submission) }
        }
    }

    mutating func putBack(_ submission: Submission) {
        if submission.isUrgent { urgent.putBack(submission) } else { normal.putBack(submission) }
    }

    mutating func take(
        urgentOnly: Bool, margin: Duration, inTurnToo: Bool, now: ContinuousClock.Instant
    ) -> Submission? {
        if let submission = urgent.take(margin: margin, inTurnToo: inTurnToo, now: now) { return submission }
        return urgentOnly ? nil : normal.take(margin: margin, inTurnToo: inTurnToo, now: now)
    }

    mutating func handOut(limit: Int, now: ContinuousClock.Instant) -> [Submission] {
        urgent.handOut(limit: limit, now: now) + normal.handOut(limit: limit, now: now)
    }

    var nextHandOut: ContinuousClock.Instant? {
        guard let urgent = urgent.nextHandOut, let normal = normal.nextHandOut else {
            return urgent.nextHandOut ?? normal.nextHandOut
        }
        return min(urgent, normal)
    }

    mutating func takeAll() -> [Submission] { urgent.takeAll() + normal.takeAll() }
}
