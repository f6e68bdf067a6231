internal import DequeModule

/// The SMTP conversation on one connection, after EHLO and login: a state machine without input, output or clock.
///
/// The lane asks `turn` what can be done, begins mails and writes content into the connection's buffer, feeds replies
/// and what was written, and takes the `events`. Each mail begun comes out exactly once, as finished or given back, with
/// the phase known to the byte: before the last byte of the final dot has left nothing was accepted; after it, without
/// a reply, nobody knows.
struct SMTPSession {
    /// Slowest answer to a final dot behind which the next MAIL is sent ahead. The mail behind it was checked at most
    /// 100 ms before its MAIL, so a slow relay's next mail waits for the reply.
    static let joinLimit: Duration = .milliseconds(80)
    /// How late that answer may be before the mail behind it goes back to the lane: it must not wait for another's limit,
    /// ten minutes by default. Its content has not been sent, so the relay cannot have it.
    static let joinPatience: Duration = .seconds(1)
    /// How long the relay waits for a content that is held until its mail has been checked again.
    static let holdPatience: Duration = .seconds(3)
    /// An unused connection older than this may have been given up by the relay.
    static let idleSuspicion: Duration = .seconds(1)

    let extensions: SMTPExtensions
    let isAuto: Bool
    let timeouts: SMTPTimeouts
    let mailLimit: Int

    var level: PipeliningLevel
    var events: [SessionEvent] = []
    /// The transaction whose reply comes next.
    var current: SMTPTransaction?
    /// The one whose MAIL group is behind the current one's content.
    var joined: SMTPTransaction?
    var awaited: Deque<AwaitedReply> = []
    /// DATA was answered with 354 and nothing of the content is written yet.
    var contentIsDue = false
    /// Since when that content is held; nil where it is not.
    var heldSince: ContinuousClock.Instant?
    /// Where in the connection's output the final dot ends, and how much of the output was taken.
    var dotEnd = 0
    var sentTotal = 0
    var appendedTotal = 0
    var contentWrittenAt: ContinuousClock.Instant
    /// How long the relay takes to answer a final dot, from when the content was handed over: quick to rise, slow to
    /// fall. Nil before the first.
    var dotEstimate: Duration?
    var lastActivity: ContinuousClock.Instant
    var mailsBegun = 0
    /// Commands are out for a mail that was given back: the session ends with the answer to the one before.
    var isSpent = false
    var isQuitting = false
    var hasEnded = false

    init(
        extensions: SMTPExtensions, level: PipeliningLevel, configuration: RelayConfiguration,
        now: ContinuousClock.Instant
    ) {
        self.extensions = extensions
        self.level = extensions.pipelining ? level : .inTurn
        isAuto = configuration.pipelining == .auto
        timeouts = configuration.timeouts
        mailLimit = configuration.mailsPerConnection
        contentWrittenAt = now
        lastActivity = now
    }

    var isIdle: Bool { current == nil && awaited.isEmpty && !hasEnded && !isQuitting }
    /// Whether a mail that is not urgent is under way.
    var carriesNormalMail: Bool {
        (current.map { !$0.submission.isUrgent } ?? false) || (joined.map { !$0.submission.isUrgent } ?? false)
    }

    var turn: SessionTurn {
        if hasEnded { return .ended }
        if isQuitting { return .wait }
        if contentIsDue { return heldSince == nil ? .content : .wait }
        if current == nil {
            if mailsBegun >= mailLimit { return awaited.isEmpty ? .quit : .wait }
            if awaited.isEmpty { return .mail(inTurnToo: true) }
            return level != .inTurn && awaited.allSatisfy { $0 == .rset } ? .mail(inTurnToo: false) : .wait
        }
        guard level == .content, joined == nil, !isSpent, mailsBegun < mailLimit,
            awaited.count == 1, awaited.first == .dot, let estimate = dotEstimate, estimate <= Self.joinLimit
        else { return .wait }
        return .join(estimate)
    }

    /// When the relay has been silent for too long; what then is `timedOut`.
    var deadline: ContinuousClock.Instant? {
        if hasEnded { return nil }
        if let heldSince { return heldSince + Self.holdPatience }
        if sentTotal < appendedTotal, !isQuitting { return lastActivity + timeouts.block }
        if let first = awaited.first {
            let limit = isQuitting ? timeouts.quit : first.timeout(timeouts)
            return lastActivity + (joined == nil ? limit : min(limit, Self.joinPatience))
        }
        return current == nil ? lastActivity + timeouts.idle : nil
    }

    /// Begins a mail; `turn` must be `.mail` or `.join`. One that may not be sent is finished at once, without a byte.
    mutating func begin(_ submission: Submission, into buffer: inout WriteBuffer, now: ContinuousClock.Instant) {
        let mail = submission.mail
        if let obstacle = obstacle(to: mail) {
            events.append(.finished(submission, .unsendable(obstacle)))
            return
        }
        let transaction = SMTPTransaction(
            submission: submission,
            level: submission.history.inTurn ? .inTurn : contentGoesAhead ? .content : min(level, .transaction),
            followsIdle: now - lastActivity >= Self.idleSuspicion,
            onFreshSession: mailsBegun == 0
        )
        appendMail(mail, to: &buffer)
        awaited.append(.mail)
        if transaction.isGrouped {
            appendRecipient(mail.envelope, to: &buffer)
            buffer.append("DATA\r\n")
            awaited.append(.rcpt)
            awaited.append(.data)
        }
        if contentGoesAhead { joined = transaction } else { current = transaction }
        mailsBegun += 1
        noteAppended(buffer, now)
    }

    private var contentGoesAhead: Bool { current != nil }

    /// Writes the content of the current mail; `turn` must be `.content`.
    mutating func writeContent(into buffer: inout WriteBuffer, now: ContinuousClock.Instant) {
        guard let current else { return }
        contentIsDue = false
        buffer.appendContent(current.submission.mail.content)
        dotEnd = buffer.appendedTotal
        awaited.append(.dot)
        contentWrittenAt = now
        noteAppended(buffer, now)
    }

    /// Waits with the content that is due until `releaseContent`.
    mutating func holdContent(now: ContinuousClock.Instant) {
        guard contentIsDue else { return }
        heldSince = now
    }

    func holds(_ token: Int64) -> Bool { heldSince != nil && current?.submission.token == token }

    /// The mail whose content is held may go out, by this check; or not, where there is none.
    mutating func releaseContent(checkedAt: ContinuousClock.Instant?) {
        guard let checkedAt else { return withholdContent() }
        heldSince = nil
        current?.submission.checkedAt = checkedAt
    }

    /// Says QUIT; the lane waits for the reply or its timeout beside its other work.
    mutating func quit(into buffer: inout WriteBuffer, now: ContinuousClock.Instant) {
        guard isIdle else { return }
        buffer.append("QUIT\r\n")
        awaited.append(.quit)
        isQuitting = true
        noteAppended(buffer, now)
    }

    /// The relay took bytes of the output.
    mutating func wrote(_ buffer: borrowing WriteBuffer, now: ContinuousClock.Instant) {
        guard buffer.sentTotal > sentTotal else { return }
        sentTotal = buffer.sentTotal
        lastActivity = now
    }

    private mutating func noteAppended(_ buffer: borrowing WriteBuffer, _ now: ContinuousClock.Instant) {
        appendedTotal = buffer.appendedTotal
        lastActivity = now
    }

    /// Whether the relay can have read the final dot of the current mail.
    var dotIsOut: Bool { sentTotal >= dotEnd }
}
