extension SMTPSession {
    /// The connection is gone, at the relay's end or the network's.
    mutating func closed(_ message: String) {
        if isQuitting || isIdle { return end(nil) }
        end(ConnectionFault(kind: .closed, phase: phase, message: message))
    }

    /// The relay's bytes are no reply.
    mutating func broken(_ fault: ReplyFault) {
        if isQuitting { return end(nil) }
        end(ConnectionFault(kind: .badReply, phase: phase, message: fault.message))
    }

    /// `deadline` has passed. An idle session says QUIT, any other is over.
    mutating func timedOut(into buffer: inout WriteBuffer, now: ContinuousClock.Instant) {
        if isIdle { return quit(into: &buffer, now: now) }
        if isQuitting { return end(nil) }
        if heldSince != nil { return withholdContent() }
        if let joined, sentTotal == appendedTotal, now < lastActivity + timeouts.dot { return giveBack(joined) }
        end(
            ConnectionFault(
                kind: .timeout, phase: phase, message: "the relay did not answer in time (\(phase.rawValue))"))
    }

    /// The answer to the dot is late: the mail whose commands went out behind it is begun again elsewhere.
    private mutating func giveBack(_ waiting: SMTPTransaction) {
        events.append(.givenBack(waiting.submission))
        joined = nil
        isSpent = true
    }

    /// Gives the session up where it stands: the lane stops and its grace is over.
    mutating func abandon() {
        if isIdle || isQuitting { return end(nil) }
        end(ConnectionFault(kind: .closed, phase: phase, message: "we stopped in the middle"), byRelay: false)
    }

    /// Gives the mail whose content is due back to the lane. Nothing but the end of the session gets out of DATA without
    /// sending a mail (RFC 5321 §4.1.1.4).
    mutating func withholdContent() {
        guard contentIsDue, let transaction = current else { return }
        current = nil
        var submission = transaction.submission
        submission.history.needsCheck = true
        events.append(.givenBack(submission))
        end(nil)
    }

    /// 421: the relay closes, and has not accepted what it answers with it (RFC 5321 §3.8).
    mutating func relayIsBusy(_ reply: SMTPReply) {
        let fault = fault(.closed, reply, "the relay closed the session with 421")
        guard let first = awaited.first ?? (contentIsDue ? .data : nil) else { return end(fault) }
        events.append(.tooBusy)
        let unanswered = first == .mail || first == .rset
        if let current, !(unanswered && mayReturn(current)) {
            settle(.refused(reply, phase == .content ? .data : first.phase))
        }
        end(fault)
    }

    /// The relay answers before the content is out. Nothing is accepted, and the two sides no longer agree where in
    /// the stream they are: the session is over.
    mutating func refusedEarly(_ code: Int, _ reply: SMTPReply) {
        if code >= 400 { settle(.refused(reply, .data)) }
        end(fault(code >= 400 ? .closed : .badReply, reply, "the relay answered in the middle of the content"))
    }

    /// Where the conversation stands.
    var phase: SMTPPhase {
        if contentIsDue { return .content }
        guard let first = awaited.first else { return .quit }
        return first == .dot && !dotIsOut ? .content : first.phase
    }

    func fault(_ kind: ConnectionFault.Kind, _ reply: SMTPReply, _ message: String) -> ConnectionFault {
        ConnectionFault(kind: kind, phase: phase, reply: reply, message: message)
    }

    /// Ends the session: every mail in it gets its result or goes back to the lane.
    mutating func end(_ fault: ConnectionFault?, byRelay: Bool = true) {
        guard !hasEnded else { return }
        let blamesGroup = byRelay && (fault.map(blamesGroup) ?? false)
        if blamesGroup { events.append(.pipeliningFailed(level)) }
        if let transaction = current, !transaction.isSettled {
            endCurrent(transaction, fault, blamesGroup: blamesGroup)
        }
        if let transaction = joined {
            if transaction.submission.history.returns == 0 {
                returnToLane(transaction.submission, inTurn: blamesGroup)
            } else {
                events.append(.finished(transaction.submission, .interrupted(.mail)))
            }
        }
        current = nil
        joined = nil
        contentIsDue = false
        heldSince = nil
        awaited.removeAll()
        hasEnded = true
        events.append(.ended(fault))
    }

    private mutating func endCurrent(_ transaction: SMTPTransaction, _ fault: ConnectionFault?, blamesGroup: Bool) {
        if phase == .dot { return settle(.unknown) }
        let isFirstReturn = phase != .content && transaction.submission.history.returns == 0
        if isFirstReturn, fault?.kind == .timeout, mayMeanGroup(transaction) {
            var submission = transaction.submission
            submission.history.suspicion = .init(phase: phase, group: transaction.level)
            return returnToLane(submission, inTurn: true)
        }
        let wasClosed = (fault?.kind ?? .closed) == .closed
        if isFirstReturn, wasClosed, blamesGroup || (!transaction.mailAnswered && mayReturn(transaction)) {
            return returnToLane(transaction.submission, inTurn: blamesGroup)
        }
        settle(.interrupted(phase))
    }

    /// Whether a silence may mean the group, once its first command was answered: there are relays that throw away what comes
    /// behind a command. The mail is begun again in turn, and only if that goes well is it the group.
    private func mayMeanGroup(_ transaction: SMTPTransaction) -> Bool {
        isAuto && transaction.isGrouped && transaction.mailAnswered && transaction.submission.history.suspicion == nil
    }

    /// A reused or idle connection may have been closing when its next MAIL went out: that is no attempt, once.
    private func mayReturn(_ transaction: SMTPTransaction) -> Bool {
        !transaction.isSettled && transaction.submission.history.returns == 0
            && (!transaction.onFreshSession || transaction.followsIdle)
    }

    private mutating func returnToLane(_ submission: Submission, inTurn: Bool) {
        var submission = submission
        submission.history.returns += 1
        if inTurn { submission.history.inTurn = true }
        events.append(.givenBack(submission))
    }

    /// Whether a close follows a joined group, and is not just an idle connection that the relay had given up.
    private func blamesGroup(_ fault: ConnectionFault) -> Bool {
        guard isAuto, fault.kind == .closed, fault.reply == nil else { return false }
        if joined != nil { return true }
        guard let current, current.isGrouped, !current.isSettled, phase != .content, phase != .dot else { return false }
        return current.mailAnswered || !current.followsIdle
    }
}
