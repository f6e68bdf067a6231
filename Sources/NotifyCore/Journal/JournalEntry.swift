/// What a journal says about one event.
struct JournalEntry: Sendable, Hashable {
    /// How far its mail has come.
    enum Stage: UInt8, Sendable {
        case rendering = 1
        /// For its turn at a relay. Nothing is being done with it.
        case waiting = 2
        /// MAIL, RCPT and DATA.
        case opening = 3
        /// Its content was handed to a connection: the relay may have all of it.
        case sending = 4
        /// The relay answered the final dot with 2xx.
        case accepted = 5

        /// Whether a worker that dies may have died of it.
        var isSuspect: Bool { self == .rendering || self == .opening || self == .sending }
    }

    let eventID: Int64
    let leaseID: Int64
    let stage: Stage
    /// Of the relay's final reply; 0 where there is none yet.
    let replyCode: UInt16
}
