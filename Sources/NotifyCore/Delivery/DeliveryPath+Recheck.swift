import Logging
import PostgresClient
import SMTPSender
import Threads

/// A mail whose check is too old: it waits in its lane for a turn, or is held there with the relay ready for its content.
struct DueCheck: Sendable {
    let submission: Submission
    let isHeld: Bool
}

/// The checker's thread.
extension DeliveryPath {
    /// How old a check may be when the content begins: with the next check's answer, well within the second in which a
    /// switched-off preference has to count. A mail begins with one of at most 100 ms; a relay that takes its time over
    /// MAIL, RCPT or DATA waits for another.
    static let contentFreshness: Duration = .milliseconds(250)

    func recheck(_ due: [DueCheck], in queue: EventQueue) throws(PostgresError) {
        let askedAt = ContinuousClock.now
        let entries = due.map { inFlight.entry(of: $0.submission.token) }
        let rows = try queue.recheck(entries.compactMap { $0?.event })
        let checkedAt = Self.checkTime(askedAt: askedAt, answeredAt: .now)
        for (check, entry) in zip(due, entries) {
            guard let entry, let sent = entry.mail, let row = rows[check.submission.token] else { continue }
            let decision = decideAgain(
                entry.event, against: row, composedFor: sent.recipient, now: entry.databaseNow, allowing: rules.allowed)
            if check.isHeld {
                // Whatever else is to be done with it is found once it is back in the lane, and nobody else's.
                answer(check.submission, checkedAt: decision == .send ? checkedAt : nil, on: sent.ticket.relay)
            } else {
                act(on: decision, about: check.submission, entry: entry, sent: sent, checkedAt: checkedAt)
            }
        }
        relays.flush()
    }

    /// From when a check counts: from before it was asked for, so never for younger than it is. But half of its 100 ms is
    /// always left for the mail's turn, or a database that takes 100 ms to answer would let no mail go at all.
    static func checkTime(
        askedAt: ContinuousClock.Instant, answeredAt: ContinuousClock.Instant
    ) -> ContinuousClock.Instant {
        max(askedAt, answeredAt - .milliseconds(50))
    }

    private func act(
        on decision: RecheckDecision, about submission: Submission, entry: InFlight.Entry, sent: InFlight.Entry.Mail,
        checkedAt: ContinuousClock.Instant
    ) {
        var checked = submission
        checked.checkedAt = checkedAt
        switch decision {
        case .send:
            relays.submit(checked, to: sent.ticket.relay)
        case .recompose(let recipient):
            let changed = InFlight.Entry.Mail(recipient: recipient, payload: sent.payload, ticket: sent.ticket)
            guard let composed = composeInFlight(changed, of: entry) else { return }
            // In the same submission, so that it keeps its place and what its connections have shown.
            checked.mail = composed
            relays.submit(checked, to: sent.ticket.relay)
        case .end(let outcome):
            relays.giveBack(sent.ticket)
            settling.push(Settlement(entry.event, .end(outcome, detail: nil, isCharged: false)))
        case .drop:
            relays.giveBack(sent.ticket)
            // Fenced: does nothing where it has a new holder, and frees it where only our own lease had run out, which
            // the next heartbeat would extend over an event that nobody knows of.
            logger.warning("lease lost while waiting; given back", metadata: ["event": "\(entry.event.id)"])
            settling.push(.untouched(entry.event))
        }
    }

    /// Mails that could not be checked before a stop: back to the queue, unsent.
    func handBack(_ due: [DueCheck]) {
        for check in due {
            guard let entry = inFlight.entry(of: check.submission.token) else { continue }
            if check.isHeld {
                if let relay = entry.mail?.ticket.relay { answer(check.submission, checkedAt: nil, on: relay) }
            } else {
                settling.push(.untouched(entry.event))
            }
        }
    }

    private func answer(_ held: Submission, checkedAt: ContinuousClock.Instant?, on relay: Int) {
        relays.answer(HeldAnswer(token: held.token, checkedAt: checkedAt), on: relay)
    }
}
