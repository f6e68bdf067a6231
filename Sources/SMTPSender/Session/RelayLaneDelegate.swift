/// One mail on its way through a lane.
package struct Submission: Sendable {
    /// Chosen by the caller; comes back with the result.
    package let token: Int64
    package let mail: ComposedMail
    /// Account mails overtake notifications and have one connection kept for them.
    package let isUrgent: Bool
    /// When the caller last made sure that this mail should still go out.
    package var checkedAt: ContinuousClock.Instant

    package init(token: Int64, mail: ComposedMail, isUrgent: Bool, checkedAt: ContinuousClock.Instant) {
        self.token = token
        self.mail = mail
        self.isUrgent = isUrgent
        self.checkedAt = checkedAt
    }
}

package struct Finished: Sendable {
    package let token: Int64
    package let result: SendResult

    package init(token: Int64, result: SendResult) {
        self.token = token
        self.result = result
    }
}

/// What a lane tells its owner. All methods are called on the lane's own thread (`connectFailed` also on its
/// connector's) and must not block.
package protocol RelayLaneDelegate: AnyObject, Sendable {
    /// Results, in batches: all that one turn of the lane's loop produced.
    func lane(_ lane: RelayLane, finished: [Finished])
    /// These were checked too long ago to be sent. Check them again and `submit` those that still should go.
    func lane(_ lane: RelayLane, stale: [Submission])
    /// A session was opened and is ready for mail.
    func laneDidConnect(_ lane: RelayLane)
    /// No session could be opened. Mails stay in the lane, which tries again with back-off until `withdraw` is called.
    func lane(_ lane: RelayLane, connectFailed: ConnectionFault)
    /// There is room for more submissions.
    func laneHasRoom(_ lane: RelayLane)
}
