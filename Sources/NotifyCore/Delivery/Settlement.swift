/// What is to be written about an event that we hold. Exactly one for each claimed event.
struct Settlement: Sendable {
    enum Change: Sendable, Hashable {
        /// The event ends. `detail` is for operators: what was wrong, naming the field and never its value.
        case end(Outcome, detail: String?, isCharged: Bool)
        /// The event goes back to the queue; zero: at once.
        case release(after: Duration, isCharged: Bool)
        /// The event waits for an operator, or for its expiry.
        case hold
    }

    let eventID: Int64
    let leaseID: Int64
    let change: Change
    /// What a relay made of it; nil where none was asked.
    var attempt: AttemptRecord?
    /// That relay's name.
    var relay: String?

    init(_ event: ClaimedEvent, _ change: Change, attempt: AttemptRecord? = nil, relay: String? = nil) {
        self.init(eventID: event.id, leaseID: event.leaseID, change: change, attempt: attempt, relay: relay)
    }

    init(eventID: Int64, leaseID: Int64, change: Change, attempt: AttemptRecord?, relay: String? = nil) {
        self.eventID = eventID
        self.leaseID = leaseID
        self.change = change
        self.attempt = attempt
        self.relay = relay
    }

    /// Back to the queue at once, as if it had never been claimed.
    static func untouched(_ event: ClaimedEvent) -> Settlement {
        Settlement(event, .release(after: .zero, isCharged: false))
    }

    /// How the event ends; nil where it goes back to the queue.
    var outcome: Outcome? {
        if case .end(let outcome, _, _) = change { outcome } else { nil }
    }
}
