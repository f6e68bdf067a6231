extension LaneLoop {
    /// Idle connections first: a mail behind another's content has to wait for that one's reply.
    func advanceAll(_ now: ContinuousClock.Instant) {
        for connection in connections where connection.session.isIdle { advance(connection, now) }
        guard queue.count > 0 || isStopping else { return }
        for connection in connections { advance(connection, now) }
    }

    /// Lets a connection do everything that it can before the relay's next reply, and writes it out.
    func advance(_ connection: LaneConnection, _ now: ContinuousClock.Instant) {
        // What the relay has answered is told before the next byte leaves: whoever dies in that write knew of it.
        settle(connection, now)
        while step(connection, now) {}
        connection.flush(now: now)
        settle(connection, now)
    }

    /// One step; false when the next one is the relay's, or there is no mail.
    private func step(_ connection: LaneConnection, _ now: ContinuousClock.Instant) -> Bool {
        switch connection.session.turn {
        case .wait, .ended: return false
        case .content:
            if let submission = connection.session.current?.submission {
                switch delegate.lane(lane, clearanceOf: submission) {
                case .send: break
                case .hold:
                    connection.session.holdContent(now: now)
                    held.append(submission)
                    return false
                case .withhold:
                    connection.session.withholdContent()
                    return false
                }
                delegate.lane(lane, mail: submission.token, reached: .contentDue)
            }
            connection.writeContent(now: now)
            return true
        case .quit:
            connection.quit(now: now)
            return false
        case .mail(let inTurnToo):
            if isStopping || openCount > number.limit(at: now) {
                connection.quit(now: now)
                return false
            }
            return begin(on: connection, margin: .zero, inTurnToo: inTurnToo, now)
        case .join(let estimate):
            guard !isStopping, !connection.isBlocked, !hasUnusedConnection(now) else { return false }
            return begin(on: connection, margin: estimate, inTurnToo: false, now)
        }
    }

    private func begin(
        on connection: LaneConnection, margin: Duration, inTurnToo: Bool, _ now: ContinuousClock.Instant
    ) -> Bool {
        guard
            let submission = queue.take(
                urgentOnly: isKeptForUrgent(connection, now), margin: margin, inTurnToo: inTurnToo, now: now)
        else { return false }
        delegate.lane(lane, mail: submission.token, reached: .begun)
        connection.begin(submission, now: now)
        return true
    }

    /// Goes on with a mail whose content was held. Where its session has ended meanwhile, so has the matter.
    func resume(_ answer: HeldAnswer, _ now: ContinuousClock.Instant) {
        guard let connection = connections.first(where: { $0.session.holds(answer.token) }) else { return }
        connection.session.releaseContent(checkedAt: answer.checkedAt)
        advance(connection, now)
    }

    /// A mail goes out sooner over an idle connection than behind another's content.
    func hasUnusedConnection(_ now: ContinuousClock.Instant) -> Bool {
        connections.contains { $0.session.isIdle && !isKeptForUrgent($0, now) }
    }

    /// One connection is kept for urgent mails: this one, when all others carry normal ones.
    private func isKeptForUrgent(_ connection: LaneConnection, _ now: ContinuousClock.Instant) -> Bool {
        let limit = number.limit(at: now)
        guard limit > 1 else { return false }
        return connections.count { $0 !== connection && $0.session.carriesNormalMail } >= limit - 1
    }

    /// Takes what a session has to tell.
    func settle(_ connection: LaneConnection, _ now: ContinuousClock.Instant) {
        guard !connection.session.events.isEmpty else { return }
        for event in connection.session.events {
            switch event {
            case .finished(let submission, let result):
                if let milestone = result.milestone {
                    delegate.lane(lane, mail: submission.token, reached: milestone)
                }
                finished.append(Finished(token: submission.token, result: result))
            case .givenBack(let submission):
                delegate.lane(lane, mail: submission.token, reached: .unsent)
                queue.putBack(submission)
            case .pipeliningFailed(let level):
                pipelining.failed(at: level, now: now)
                let lowered = pipelining.level(at: now)
                for other in connections { other.session.level = min(other.session.level, lowered) }
            // The session that was told so has ended: it is not among the open ones.
            case .tooBusy: number.lower(to: openCount, now: now)
            case .ended(let fault):
                if let fault { sessionFaults.append(fault) }
            }
        }
        connection.session.events.removeAll(keepingCapacity: true)
    }

    /// Tells the delegate what this turn produced.
    func report(_ now: ContinuousClock.Instant) {
        if !finished.isEmpty {
            let batch = finished
            finished.removeAll(keepingCapacity: true)
            delegate.lane(lane, finished: batch)
        }
        if !held.isEmpty {
            let batch = held
            held.removeAll(keepingCapacity: true)
            delegate.lane(lane, held: batch)
        }
        for fault in sessionFaults { delegate.lane(lane, sessionEnded: fault) }
        sessionFaults.removeAll()
        let stale = queue.handOut(limit: recheckBatch(now), now: now)
        if !stale.isEmpty { delegate.lane(lane, stale: stale) }
    }

    /// As many mails as the connections could begin in about 40 ms: checked all at once they are still fresh at their
    /// turn.
    private func recheckBatch(_ now: ContinuousClock.Instant) -> Int {
        let slowest = connections.compactMap(\.session.dotEstimate).max() ?? .milliseconds(40)
        let each = max(1, min(64, Int(Duration.milliseconds(40) / max(slowest, .microseconds(100)))))
        return number.limit(at: now) * each
    }
}

extension SendResult {
    /// Nil where nobody knows whether the relay has the mail: it stays as it was.
    fileprivate var milestone: MailMilestone? {
        switch self {
        case .accepted(let reply): .accepted(reply.code)
        case .unknown: nil
        case .refused, .unsendable, .unreachable, .interrupted: .unsent
        }
    }
}
