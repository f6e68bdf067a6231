import Logging
import PostgresClient
import SMTPSender
import Templates
import Threads

/// The way of one event, top to bottom: claim, decide, render, compose, send, classify, settle.
///
/// Each method is one stage's turn on that stage's thread. Only claim, recheck, settle and the lanes do I/O; what stands
/// between the stages is bounded by what is in flight.
final class DeliveryPath: Sendable {
    /// How many events may be in flight, and how many account mails on top, which pass a full path.
    static let capacity = 512
    static let accountReserve = 64

    let inFlight = InFlight()
    let composing = WorkQueue<ClaimedEvent>()
    let checking = WorkQueue<DueCheck>()
    let settling = WorkQueue<Settlement>()

    let term: LeaseTerm
    let journal: Journal?
    let rules: DeliveryRules
    private let assembler: MailAssembler
    let relays: RelayPool
    private let observer: (any DeliveryObserver)?
    private let stop: StopSignal
    private let bell: Bell
    let logger: Logger

    init(
        term: LeaseTerm, journal: Journal?, rules: DeliveryRules, assembler: MailAssembler, relays: RelayPool,
        observer: (any DeliveryObserver)?, stop: StopSignal, bell: Bell, logger: Logger
    ) {
        self.term = term
        self.journal = journal
        self.rules = rules
        self.assembler = assembler
        self.relays = relays
        self.observer = observer
        self.stop = stop
        self.bell = bell
        self.logger = logger
    }

    // MARK: Claim (the claimer's thread)

    func claim(
        _ shares: [ClaimPlanner.Share], for workerID: Int64, from queue: EventQueue
    ) throws(PostgresError) -> [EventQueue.Claim] {
        // Taken before, so that a mail's check never counts for younger than it is.
        let readAt = ContinuousClock.now
        let claims = try queue.claim(shares, workerID: workerID)
        let events = claims.map(\.event)
        inFlight.insert(events, readAt: readAt)
        composing.push(contentsOf: events.filter(\.isAccountMail), isFirst: true)
        composing.push(contentsOf: events.filter { !$0.isAccountMail })
        return claims
    }

    // MARK: Decide, render, compose, hand to a relay (the composer's thread)

    func prepare(_ events: [ClaimedEvent]) {
        for event in events {
            if stop.isRequested {
                settling.push(.untouched(event))
            } else {
                prepare(event)
            }
        }
        relays.flush()
    }

    private func prepare(_ event: ClaimedEvent) {
        guard let entry = inFlight.entry(of: event.leaseID) else { return }
        switch decide(event, now: entry.databaseNow, allowing: rules.allowed) {
        case .end(let outcome, let detail):
            settling.push(Settlement(event, .end(outcome, detail: detail, isCharged: false)))
        case .deliver(let recipient, let payload):
            guard let ticket = relays.take(isUrgent: event.isAccountMail, after: entry.tries) else {
                return settling.push(Settlement(event, .release(after: relays.pause, isCharged: false)))
            }
            let mail = InFlight.Entry.Mail(recipient: recipient, payload: payload, ticket: ticket)
            guard let composed = composeInFlight(mail, of: entry) else { return }
            let submission = Submission(
                token: event.leaseID, mail: composed, isUrgent: event.isAccountMail, checkedAt: entry.readAt)
            relays.submit(submission, to: ticket.relay)
        }
    }

    /// Composes a mail and notes what it was composed for; nil where it cannot be, which ends the event.
    func composeInFlight(_ mail: InFlight.Entry.Mail, of entry: InFlight.Entry) -> ComposedMail? {
        do throws(MailFault) {
            journal?.note(event: entry.event.id, lease: entry.event.leaseID, .rendering)
            let composed = try compose(mail, of: entry.event, now: entry.databaseNow)
            journal?.advance(entry.event.leaseID, to: .waiting)
            var noted = mail
            noted.wireAddress = composed.envelope.recipient
            inFlight.note(noted, for: entry.event.leaseID)
            return composed
        } catch {
            relays.giveBack(mail.ticket)
            settling.push(Settlement(entry.event, .end(error.outcome, detail: error.detail, isCharged: false)))
            return nil
        }
    }

    private func compose(
        _ mail: InFlight.Entry.Mail, of event: ClaimedEvent, now: Int64
    ) throws(MailFault) -> ComposedMail {
        let request = assembler.renderRequest(for: event, to: mail.recipient, payload: mail.payload)
        let rendered: RenderedMail
        do { rendered = try rules.catalogue.render(request) } catch { throw MailFault(error) }
        let message = try assembler.assemble(event, to: mail.recipient, request: request, rendered: rendered, now: now)
        do { return try message.compose() } catch { throw MailFault(error) }
    }

    // MARK: Classify (the lanes' threads)

    func conclude(_ finished: [Finished]) {
        settling.push(contentsOf: finished.compactMap(settlement(of:)))
    }

    private func settlement(of finished: Finished) -> Settlement? {
        guard let entry = inFlight.entry(of: finished.token), let mail = entry.mail else { return nil }
        let event = entry.event
        var tries = entry.tries
        tries.add(mail.ticket.relay, after: finished.result)
        let record = relays.record(finished.result, of: mail, for: event, after: tries)
        if stop.isRequested, finished.result.isCertainlyUnsent { return .untouched(event) }
        let context = AttemptContext(
            of: event, now: entry.databaseNow, holdsUnknown: rules.holdUnknown.contains(event.kind), record: record)
        let verdict = classify(finished.result, of: context, schedule: rules.schedule, jitter: .random())
        guard let change = Settlement.change(for: verdict, after: finished.result) else {
            return handOn(event, after: tries)
        }
        let attempt = AttemptRecord(
            finished.result, after: entry.tries.account(relayNames: relays.names),
            scrubbing: RecipientScrubber([mail.recipient.email, mail.wireAddress]))
        return Settlement(event, change, attempt: attempt, relay: record.relayName)
    }

    /// To the composer again, for a relay that has not had it; back to the queue where a stop has closed that way.
    private func handOn(_ event: ClaimedEvent, after tries: RelayTries) -> Settlement? {
        inFlight.note(tries, for: event.leaseID)
        let isTaken = composing.push(contentsOf: [event], isFirst: event.isAccountMail)
        return isTaken ? nil : .untouched(event)
    }

    // MARK: Settle (the settler's thread)

    /// Writes a batch; what somebody else keeps locked comes back, to be tried again.
    func settle(_ batch: [Settlement], in queue: EventQueue) throws(PostgresError) -> [Settlement] {
        let settled = try queue.settle(batch)
        let locked = batch.filter { settled.locked.contains($0.leaseID) }
        let done = batch.filter { !settled.locked.contains($0.leaseID) }
        journal?.forget(done.map(\.leaseID))
        let lost = done.filter { !settled.ours.contains($0.leaseID) }
        if !lost.isEmpty {
            // Either another worker took them, or this same settlement was written before its answer got lost.
            logger.notice(
                "settlements that were not ours any more",
                metadata: ["events": "\(lost.prefix(10).map(\.eventID))", "count": "\(lost.count)"])
        }
        inFlight.remove(done.map(\.leaseID))
        bell.ring()
        observer?
            .settled(
                done.filter { settled.ours.contains($0.leaseID) }
                    .map { SettledEvent(eventID: $0.eventID, outcome: $0.outcome) })
        return locked
    }
}

extension DeliveryPath {
    /// What may be claimed now.
    struct Room {
        let notifications: Int
        let accountMails: Int
    }

    /// Small rests are not worth a claim of their own: room counts from half a batch on.
    func room(batchSize: Int) -> Room {
        let allowance = relays.allowance
        let count = inFlight.count
        let free = Self.capacity - count
        return Room(
            notifications: free >= batchSize / 2 ? min(free, allowance) : 0,
            accountMails: max(0, min(free + Self.accountReserve, allowance))
        )
    }

    var isUsable: Bool { relays.isUsable }

    /// Why no relay could be used for `duration`; nil where one could.
    func relayTrouble(for duration: Duration) -> String? {
        relays.trouble(for: duration)
    }

    /// Frees what the database believes this worker to hold and it does not know: a claim whose answer got lost.
    func releaseOrphans(of workerID: Int64, in queue: EventQueue) throws(PostgresError) {
        // Known first: what is settled between the two is no orphan. Nothing is claimed meanwhile.
        let known = inFlight.leases
        let leased = try queue.leased(workerID: workerID)
        let orphans = leased.filter { !known.contains($0.leaseID) }
        guard !orphans.isEmpty else { return }
        logger.notice("freed events of a claim whose answer was lost", metadata: ["count": "\(orphans.count)"])
        try queue.free(orphans)
    }
}
