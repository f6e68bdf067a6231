internal import Synchronization
package import Threads

/// Drives all connections to one relay from one thread.
///
/// Connections are opened when mails wait, each by a thread of its own because connecting blocks, and closed after 500
/// mails or 30 s without one. Each submission comes back exactly once: as `finished`, or as `stale` when its check is
/// too old at its turn. A mail that is `held` stays with the lane. Nothing here blocks but `stop`.
package final class RelayLane: Sendable {
    package let configuration: RelayConfiguration
    private let delegate: any RelayLaneDelegate
    private let inbox: LaneInbox
    private let thread = Mutex<NamedThread?>(nil)

    /// Starts the lane's thread; connections are opened with the first mails. `stop` must be called in the end.
    ///
    /// - Parameter capacity: most mails of each kind, urgent and normal, that wait here at once.
    package init(
        configuration: RelayConfiguration, capacity: Int = 1_000, delegate: any RelayLaneDelegate
    ) throws(SystemError) {
        let inbox = try LaneInbox(capacity: capacity)
        let cancel = try WakeSignal()
        self.configuration = configuration
        self.delegate = delegate
        self.inbox = inbox
        let started = try NamedThread("lane-\(configuration.host)") { [self] in
            LaneLoop(lane: self, inbox: inbox, cancel: cancel, delegate: delegate).run()
        }
        thread.withLock { $0 = started }
    }

    /// `host:port`
    package var name: String { configuration.name }

    /// Leaves mails for the lane. Those beyond its room come back at once, on this thread, as `unreachable`; so does
    /// everything after `stop`.
    package func submit(_ submissions: [Submission]) {
        let rejected = inbox.put(submissions)
        guard !rejected.isEmpty else { return }
        delegate.lane(self, finished: rejected.map { Finished(token: $0.token, result: .unreachable) })
    }

    /// What the check of a held mail found.
    package func answer(_ answer: HeldAnswer) {
        inbox.put(answer)
    }

    /// Hands back all mails that are not begun as `unreachable`, and tries no further connections until more come.
    package func withdraw() {
        inbox.putWithdrawal()
    }

    /// Begins no more mails: what is on the wire is finished within `grace`, the rest comes back as `unreachable`. Does
    /// not wait; `stop` must follow.
    package func beginStop(within grace: Duration) {
        inbox.putStop(by: .now + grace)
    }

    /// Finishes what is on the wire, hands the rest back, says QUIT on every connection and ends the threads. Blocks
    /// for at most `grace` and a moment; never call it from the delegate.
    package func stop(within grace: Duration) {
        beginStop(within: grace)
        let started = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        started?.join()
    }
}
