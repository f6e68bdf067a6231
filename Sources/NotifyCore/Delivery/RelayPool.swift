import Logging
import SMTPSender
import Synchronization
import Threads

/// The relays in order of preference: a lane to each, and the memory of how each behaved lately.
final class RelayPool: Sendable {
    fileprivate struct State {
        var router: RelayRouter
        var lanes: [RelayLane] = []
        /// Mails on their way to each lane's inbox: handed over in one go.
        var outboxes: [[Submission]]
        /// Since when no relay has been of use; nil while one is.
        var troubledSince: ContinuousClock.Instant?
    }

    let configurations: [RelayConfiguration]
    let names: [String]
    private let policy: RelayPolicy
    private let state: Mutex<State>
    private let logger: Logger

    init(_ configurations: [RelayConfiguration], policy: RelayPolicy, logger: Logger) {
        self.configurations = configurations
        names = configurations.map(\.name)
        self.policy = policy
        self.logger = logger
        state = Mutex(
            State(
                router: RelayRouter(
                    configurations.map { configuration in
                        var policy = policy
                        policy.connections = configuration.connections
                        return RelayHealth(policy: policy)
                    }),
                outboxes: configurations.map { _ in [] }
            ))
    }

    /// Starts a lane for each relay. Where one cannot be had, those before it run until they are closed.
    func open(delegate: any RelayLaneDelegate) throws {
        for configuration in configurations {
            let lane = try RelayLane(configuration: configuration, delegate: delegate)
            state.withLock { $0.lanes.append(lane) }
        }
    }

    /// Lets the lanes begin no more mails: what is on the wire is finished within `grace`, the rest comes back.
    func beginStop(within grace: Duration) {
        for lane in state.withLock({ $0.lanes }) { lane.beginStop(within: grace) }
    }

    /// Finishes what is on the wire and closes all connections, the lanes side by side. Blocks for at most `grace` and a
    /// moment.
    func close(within grace: Duration) {
        let lanes = state.withLock { $0.lanes }
        let stopping = lanes.dropFirst().map { lane in try? NamedThread("stop") { lane.stop(within: grace) } }
        // Also where a thread could not be had: a second stop of the same lane returns at once.
        for lane in lanes { lane.stop(within: grace) }
        for thread in stopping { thread?.join() }
    }

    // MARK: Handing out mails

    /// The right to send one mail now; nil while no relay may be given it.
    func take(isUrgent: Bool, after tries: RelayTries) -> RelayTicket? {
        state.withLock { $0.router.take(at: .now, isUrgent: isUrgent, after: tries) }
    }

    /// A ticket whose mail was not sent after all.
    func giveBack(_ ticket: RelayTicket) {
        state.withLock { $0.router.giveBack(ticket, at: .now) }
    }

    func submit(_ submission: Submission, to relay: Int) {
        state.withLock { $0.outboxes[relay].append(submission) }
    }

    /// Hands over what was submitted since the last flush.
    func flush() {
        let batches = state.withLock { state in
            defer { for relay in state.outboxes.indices { state.outboxes[relay] = [] } }
            return Array(zip(state.lanes, state.outboxes))
        }
        for (lane, batch) in batches where !batch.isEmpty { lane.submit(batch) }
    }

    func answer(_ answer: HeldAnswer, on relay: Int) {
        state.withLock { $0.lanes[relay] }.answer(answer)
    }

    // MARK: What came of them

    struct Record {
        let relayName: String
        /// Whether the relay accepted another mail among its last ten results.
        let hadAccepted: Bool
        /// Whether it refused so much before this one that no refusal is final.
        let wasRefusing: Bool
        let canGoOn: Bool
        let areAllUnfit: Bool
        /// How long a mail waits that this relay could not take and no other can.
        let relayWait: Duration
    }

    /// - Parameter tries: the relays that gave this mail back, this one among them.
    func record(
        _ result: SendResult, of mail: InFlight.Entry.Mail, for event: ClaimedEvent, after tries: RelayTries
    ) -> Record {
        let relay = mail.ticket.relay
        let (record, change) = state.withLock { state in
            let now = ContinuousClock.now
            let hadAccepted = state.router.relays[relay].hasAcceptedLately
            let wasRefusing = state.router.relays[relay].isRefusingLately
            let change = state.router.finished(
                result, of: event.id, recipient: UInt64(bitPattern: Int64(mail.recipient.email.hashValue)),
                ticket: mail.ticket, at: now)
            state.noteTrouble(at: now)
            let record = Record(
                relayName: names[relay], hadAccepted: hadAccepted, wasRefusing: wasRefusing,
                canGoOn: state.router.goesOn(after: tries, at: now), areAllUnfit: state.router.areUnfit(tries),
                relayWait: policy.shortestPause)
            return (record, change)
        }
        if let change { react(to: change, relay: relay) }
        return record
    }

    func connectFailed(_ lane: RelayLane, _ fault: ConnectionFault) {
        let (relay, change, isClosed) = state.withLock { state in
            let now = ContinuousClock.now
            guard let relay = state.lanes.firstIndex(where: { $0 === lane }) else {
                return (0, RelayChange?.none, false)
            }
            let change = state.router.connectFailed(relay: relay, fault, at: now)
            state.noteTrouble(at: now)
            if case .closed = state.router.relays[relay].permit(at: now) { return (relay, change, true) }
            return (relay, change, false)
        }
        logger.warning(
            "cannot open a session with the relay",
            metadata: ["relay": "\(names[relay])", "fault": "\(fault.message)"])
        if let change { react(to: change, relay: relay) }
        // Mails may have come in since it was closed.
        if isClosed { lane.withdraw() }
    }

    /// Mails have waited too long for a relay that says nothing: another takes those not begun, where one is open.
    func stalled(_ lane: RelayLane, _ waited: Duration) {
        let (relay, change) = state.withLock { state in
            let now = ContinuousClock.now
            guard let relay = state.lanes.firstIndex(where: { $0 === lane }),
                state.router.isReplaceable(relay, at: now)
            else { return (Int?.none, RelayChange?.none) }
            let change = state.router.stalled(relay: relay, RelayFault(waited: waited), at: now)
            state.noteTrouble(at: now)
            return (relay, change)
        }
        guard let relay else { return }
        if let change { return react(to: change, relay: relay) }
        // Mails came in since it was closed.
        lane.withdraw()
    }

    private func react(to change: RelayChange, relay: Int) {
        let metadata: Logger.Metadata = ["relay": "\(names[relay])"]
        switch change {
        case .opened(let fault, let pause):
            logger.error(
                "relay left alone after faults in a row",
                metadata: metadata.merging(["fault": "\(fault.message)", "pause": "\(pause.logText)"]) { $1 })
        case .pausedForRefusals(let pause):
            logger.critical(
                "relay paused: it refuses too much for good",
                metadata: metadata.merging(["pause": "\(pause.logText)"]) { $1 })
        case .stillClosed(let pause):
            logger.warning("relay still not usable", metadata: metadata.merging(["pause": "\(pause.logText)"]) { $1 })
        case .recovered:
            return logger.notice("relay usable again", metadata: metadata)
        }
        state.withLock { $0.lanes[relay] }.withdraw()
    }

    // MARK: Whether there is any use in claiming

    /// How many mails could be sent on their way now: none while every relay is closed, one while one is to be probed.
    var allowance: Int {
        state.withLock { state in
            let now = ContinuousClock.now
            let permits = state.router.relays.map { $0.permit(at: now) }
            return permits.contains(.open) ? .max : permits.contains(.probe) ? 1 : 0
        }
    }

    /// How long a mail waits that no relay may be given now, spread so that they do not all come back at once.
    var pause: Duration {
        let now = ContinuousClock.now
        let opens = state.withLock { $0.router.opensAgain(after: now) }
        return max(.seconds(1), Jitter.random().applied(to: opens.map { $0 - now } ?? policy.shortestPause))
    }

    /// Whether a relay answers to recipients, or none was asked yet.
    var isUsable: Bool { state.withLock { $0.troubledSince == nil } }

    /// Why no relay could be used for `duration`; nil where one could.
    func trouble(for duration: Duration) -> String? {
        state.withLock { state in
            guard let since = state.troubledSince, .now - since >= duration else { return nil }
            return state.faults(named: names)
        }
    }

    /// What keeps all relays from being used, for readiness; nil where one can be.
    var fault: String? {
        state.withLock { $0.troubledSince == nil ? nil : $0.faults(named: names) }
    }
}

extension RelayPool.State {
    fileprivate mutating func noteTrouble(at now: ContinuousClock.Instant) {
        let isTroubled = router.relays.allSatisfy { $0.complaint != nil }
        troubledSince = isTroubled ? troubledSince ?? now : nil
    }

    fileprivate func faults(named names: [String]) -> String {
        zip(names, router.relays)
            .map { name, health in "\(name): \(health.complaint ?? "no fault")" }
            .joined(separator: "; ")
    }
}
