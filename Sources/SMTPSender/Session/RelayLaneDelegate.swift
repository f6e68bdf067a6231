/// One mail on its way through a lane.
package struct Submission: Sendable {
    /// Chosen by the caller; comes back with the result.
    package let token: Int64
    package var mail: ComposedMail
    /// Account mails overtake notifications and have one connection kept for them.
    package let isUrgent: Bool
    /// When the caller last made sure that this mail should still go out.
    package var checkedAt: ContinuousClock.Instant
    /// What the lane has to remember when this mail comes back to it: submit the value that `stale` handed out, with a
    /// new `checkedAt` and, where the recipient changed, another `mail`, and it goes ahead of those that wait for their
    /// first turn.
    var history = SubmissionHistory()

    package init(token: Int64, mail: ComposedMail, isUrgent: Bool, checkedAt: ContinuousClock.Instant) {
        self.token = token
        self.mail = mail
        self.isUrgent = isUrgent
        self.checkedAt = checkedAt
    }
}

/// What happened to a mail that was begun or checked before, and is to be begun again.
struct SubmissionHistory: Sendable, Hashable {
    /// Times that a session ended before its MAIL was answered; the second one counts as an attempt.
    var returns = 0
    /// Its commands go out one by one: a joined group with it went wrong.
    var inTurn = false
    /// What was refused in a joined group with a reply that may have meant the group (503, 5.5.x).
    var suspicion: Suspicion?
    var wasHandedOut = false
    /// Its content was withheld: whatever its last check found counts no more.
    var needsCheck = false

    struct Suspicion: Sendable, Hashable {
        let phase: SMTPPhase
        let group: PipeliningLevel
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

/// What a lane tells its owner. All methods are called on the lane's own thread, but for the mails that `submit` turns
/// away, and must not block.
package protocol RelayLaneDelegate: AnyObject, Sendable {
    /// How far a mail has come, at once: before the next byte is written, or with the reply just read.
    func lane(_ lane: RelayLane, mail token: Int64, reached milestone: MailMilestone)
    /// Whether the content of this mail, which the relay is ready for, may go out now: the relay may have taken its time,
    /// or the process may have been frozen meanwhile.
    func lane(_ lane: RelayLane, clearanceOf submission: Submission) -> ContentClearance
    /// The relay is ready for the content of these, which was held: check them again and `answer` for each. Until then
    /// they are in the lane's hands.
    func lane(_ lane: RelayLane, held: [Submission])
    /// Results, in batches: all that one turn of the lane's loop produced.
    func lane(_ lane: RelayLane, finished: [Finished])
    /// These were checked too long ago to be sent. Check them again and `submit` those that still should go.
    func lane(_ lane: RelayLane, stale: [Submission])
    /// No session could be opened. Mails stay in the lane, which tries again with back-off until `withdraw` is called.
    func lane(_ lane: RelayLane, connectFailed: ConnectionFault)
    /// Mails have waited this long while the relay said nothing, with no session or with all of them waiting for an
    /// answer, and wait on; told again each time that as much has passed. Or they will: there is no session, and the last
    /// took this long to open.
    func lane(_ lane: RelayLane, stalledFor waited: Duration)
    /// A session ended otherwise than by our QUIT: what the relay said or did, for the log. The results of its mails
    /// come by `finished`.
    func lane(_ lane: RelayLane, sessionEnded: ConnectionFault)
}

/// What a journal of mails under way has to know.
package enum MailMilestone: Sendable, Hashable {
    /// Its MAIL is about to be written.
    case begun
    /// Its content is about to be written: from here on the relay may have all of it.
    case contentDue
    /// The relay took it, with this reply code.
    case accepted(Int)
    /// The relay certainly does not have it: refused, interrupted, or given back to be begun again.
    case unsent
}

/// What becomes of a mail when the relay is ready for its content.
package enum ContentClearance: Sendable, Hashable {
    case send
    /// The mail comes by `held`; its session waits some seconds for the answer.
    case hold
    /// Nothing that is known of it counts any more: its session ends, and the mail comes by `stale`.
    case withhold
}

/// What the check of a held mail found.
package struct HeldAnswer: Sendable, Hashable {
    package let token: Int64
    /// When it was seen that this very mail may go out. Nil where it may not, or not as it is: its session ends without
    /// it, and the mail comes by `stale`.
    package let checkedAt: ContinuousClock.Instant?

    package init(token: Int64, checkedAt: ContinuousClock.Instant?) {
        self.token = token
        self.checkedAt = checkedAt
    }
}

extension RelayLaneDelegate {
    package func lane(_ lane: RelayLane, mail token: Int64, reached milestone: MailMilestone) {}
    package func lane(_ lane: RelayLane, clearanceOf submission: Submission) -> ContentClearance { .send }
    package func lane(_ lane: RelayLane, held: [Submission]) {}
    package func lane(_ lane: RelayLane, stalledFor waited: Duration) {}
    package func lane(_ lane: RelayLane, sessionEnded: ConnectionFault) {}
}
