extension SMTPSession {
    /// Takes one complete reply.
    ///
    /// - Parameter reply: built only where it becomes part of a result.
    mutating func replied(
        _ code: Int, _ reply: @autoclosure () -> SMTPReply, into buffer: inout WriteBuffer, now: ContinuousClock.Instant
    ) {
        guard !hasEnded else { return }
        if isQuitting {
            if awaited.first == .quit { return end(nil) }
            awaited.removeFirst()
            return
        }
        guard code != 421 else { return relayIsBusy(reply()) }
        guard let first = awaited.first else {
            return end(fault(.closed, reply(), "the relay spoke between two mails"))
        }
        if first == .dot, !dotIsOut { return refusedEarly(code, reply()) }
        guard Self.isExpected(code, for: first) else {
            return end(fault(.badReply, reply(), "the relay answered \(first.phase.rawValue) with \(code)"))
        }
        // Content must not be put behind a command that still waits to be sent.
        if first == .data, sentTotal < appendedTotal {
            return end(fault(.badReply, reply(), "the relay answered DATA before it was sent"))
        }
        awaited.removeFirst()
        lastActivity = now
        switch first {
        case .mail: mailReplied(code, reply(), into: &buffer)
        case .rcpt: rcptReplied(code, reply(), into: &buffer)
        case .data: dataReplied(code, reply(), into: &buffer)
        case .dot: dotReplied(code, reply(), now)
        case .loneDot: current = nil
        case .rset:
            if code >= 400 { end(fault(.badReply, reply(), "the relay refused RSET")) }
        case .quit: break
        }
        // Commands follow from replies here (RCPT, DATA, RSET, a lone dot).
        appendedTotal = buffer.appendedTotal
    }

    /// 354 answers DATA and nothing else; 2xx answers everything else.
    private static func isExpected(_ code: Int, for command: AwaitedReply) -> Bool {
        code >= 400 || (command == .data ? code == 354 : code < 300)
    }

    private mutating func mailReplied(
        _ code: Int, _ reply: @autoclosure () -> SMTPReply, into buffer: inout WriteBuffer
    ) {
        guard let transaction = current else { return }
        current?.mailAnswered = true
        guard code < 400 else {
            refuse(reply(), .mail)
            if !transaction.isGrouped { current = nil }
            return
        }
        current?.mailAccepted = true
        passed(.mail)
        if !transaction.isGrouped {
            appendRecipient(transaction.submission.mail.envelope, to: &buffer)
            awaited.append(.rcpt)
        }
    }

    private mutating func rcptReplied(
        _ code: Int, _ reply: @autoclosure () -> SMTPReply, into buffer: inout WriteBuffer
    ) {
        guard let transaction = current else { return }
        guard code < 400 else {
            refuse(reply(), .rcpt)
            if !transaction.isGrouped { reset(into: &buffer) }
            return
        }
        passed(.rcpt)
        if !transaction.isGrouped {
            buffer.append("DATA\r\n")
            awaited.append(.data)
        }
    }

    private mutating func dataReplied(
        _ code: Int, _ reply: @autoclosure () -> SMTPReply, into buffer: inout WriteBuffer
    ) {
        guard let transaction = current else { return }
        if code == 354 {
            if transaction.isSettled {
                buffer.append(".\r\n")
                awaited.append(.loneDot)
            } else {
                passed(.data)
                contentIsDue = true
            }
            return
        }
        refuse(reply(), .data)
        if transaction.mailAccepted { reset(into: &buffer) } else { current = nil }
    }

    private mutating func dotReplied(_ code: Int, _ reply: @autoclosure () -> SMTPReply, _ now: ContinuousClock.Instant)
    {
        let sample = now - contentWrittenAt
        dotEstimate = max(sample, ((dotEstimate ?? sample) * 3 + sample) / 4)
        if code < 400 {
            passed(.dot)
            settle(.accepted(reply()))
        } else {
            refuse(reply(), .dot)
        }
        current = joined
        joined = nil
        if isSpent { end(nil) }
    }

    /// The MAIL of a refused recipient is still open.
    private mutating func reset(into buffer: inout WriteBuffer) {
        buffer.append("RSET\r\n")
        awaited.append(.rset)
        current = nil
    }

    /// Settles the current mail as refused; or has it begun again in turn, when the refusal may have meant the group.
    private mutating func refuse(_ reply: SMTPReply, _ phase: SMTPPhase) {
        guard let transaction = current, !transaction.isSettled else { return }
        let wasAhead = phase == .dot ? joined != nil : transaction.isGrouped
        guard isAuto, wasAhead, reply.mayMeanPipelining, transaction.submission.history.suspicion == nil else {
            return settle(.refused(reply, phase))
        }
        var submission = transaction.submission
        submission.history.inTurn = true
        submission.history.suspicion = .init(phase: phase, group: phase == .dot ? .content : transaction.level)
        events.append(.givenBack(submission))
        current?.isSettled = true
        level = .inTurn
    }

    /// A phase that was refused in a group went well in turn: it was the group that the relay cannot take.
    private mutating func passed(_ phase: SMTPPhase) {
        guard let suspicion = current?.submission.history.suspicion, suspicion.phase == phase else { return }
        current?.submission.history.suspicion = nil
        events.append(.pipeliningFailed(suspicion.group))
    }

    mutating func settle(_ result: SendResult) {
        guard let transaction = current, !transaction.isSettled else { return }
        current?.isSettled = true
        events.append(.finished(transaction.submission, result))
    }
}

extension SMTPReply {
    /// 503 or 5.5.x: bad sequence of commands, or a protocol error (RFC 3463 §3.6).
    fileprivate var mayMeanPipelining: Bool {
        code == 503 || (enhancedCode?.statusClass == 5 && enhancedCode?.subject == 5)
    }
}
