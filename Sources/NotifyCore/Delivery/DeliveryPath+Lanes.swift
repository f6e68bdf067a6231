import Logging
import SMTPSender
import Threads

extension DeliveryPath: RelayLaneDelegate {
    func lane(_ lane: RelayLane, mail token: Int64, reached milestone: MailMilestone) {
        guard let journal else { return }
        switch milestone {
        case .begun: journal.advance(token, to: .opening)
        case .contentDue: journal.advance(token, to: .sending)
        case .accepted(let code): journal.advance(token, to: .accepted, replyCode: code)
        case .unsent: journal.advance(token, to: .waiting)
        }
    }

    func lane(_ lane: RelayLane, clearanceOf submission: Submission) -> ContentClearance {
        let now = ContinuousClock.now
        guard term.covers(submission.checkedAt, at: now) else { return .withhold }
        return now - submission.checkedAt <= Self.contentFreshness ? .send : .hold
    }

    func lane(_ lane: RelayLane, finished: [Finished]) {
        conclude(finished)
    }

    func lane(_ lane: RelayLane, stale: [Submission]) {
        let due = stale.map { DueCheck(submission: $0, isHeld: false) }
        if !checking.push(contentsOf: due) { handBack(due) }
    }

    func lane(_ lane: RelayLane, held: [Submission]) {
        let due = held.map { DueCheck(submission: $0, isHeld: true) }
        // First: a relay waits for each.
        if !checking.push(contentsOf: due, isFirst: true) { handBack(due) }
    }

    func lane(_ lane: RelayLane, connectFailed fault: ConnectionFault) {
        relays.connectFailed(lane, fault)
    }

    func lane(_ lane: RelayLane, stalledFor waited: Duration) {
        relays.stalled(lane, waited)
    }

    func lane(_ lane: RelayLane, sessionEnded fault: ConnectionFault) {
        logger.debug("session with the relay ended", metadata: ["relay": "\(lane.name)", "fault": "\(fault.message)"])
    }
}
