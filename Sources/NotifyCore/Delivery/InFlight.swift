import Threads

/// Every event that this process holds, from its claim until its settlement is written.
///
/// Known by its lease: while a mail still waits here whose lease ran out, the same event may be claimed again, and what
/// becomes of the one claim must not be taken for the other's.
///
/// Its size is the one bound of the delivery path: all queues between the stages hold events that count here, so a slow
/// relay or an absent database fills it, and the claimer stops claiming.
final class InFlight: Sendable {
    struct Entry: Sendable {
        let event: ClaimedEvent
        /// When the row was read, on our clock. `event.readAt` is that moment on the database's.
        let readAt: ContinuousClock.Instant
        /// Set once a mail was composed and handed to a relay.
        var mail: Mail?
        /// The relays that gave it back since it was claimed.
        var tries = RelayTries()

        struct Mail: Sendable {
            let recipient: Recipient
            let payload: [String: String]
            let ticket: RelayTicket
            /// The recipient's address as it goes on the wire.
            var wireAddress = ""
        }

        /// The database's clock now, in µs.
        var databaseNow: Int64 { event.readAt + (ContinuousClock.now - readAt).inMicroseconds }
    }

    private let entries = Monitor<[Int64: Entry]>([:])

    var count: Int { entries.withLock { $0.count } }
    var leases: Set<Int64> { entries.withLock { Set($0.keys) } }

    func insert(_ events: [ClaimedEvent], readAt: ContinuousClock.Instant) {
        entries.withLock { entries in
            for event in events { entries[event.leaseID] = Entry(event: event, readAt: readAt) }
        }
    }

    func entry(of leaseID: Int64) -> Entry? {
        entries.withLock { $0[leaseID] }
    }

    func note(_ mail: Entry.Mail, for leaseID: Int64) {
        entries.withLock { $0[leaseID]?.mail = mail }
    }

    func note(_ tries: RelayTries, for leaseID: Int64) {
        entries.withLock { $0[leaseID]?.tries = tries }
    }

    func remove(_ leaseIDs: some Sequence<Int64>) {
        entries.update { entries in
            for id in leaseIDs { entries[id] = nil }
        }
    }

    /// Waits until nothing is in flight; false when `timeout` passed first.
    func waitUntilEmpty(timeout: Duration) -> Bool {
        entries.wait(timeout: timeout) { $0.isEmpty ? true : nil } ?? false
    }
}
