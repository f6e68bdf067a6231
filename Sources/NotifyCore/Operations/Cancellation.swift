/// What became of an event that was to be cancelled, as `notify.cancel_event` says it.
package enum Cancellation: String, Sendable, Encodable {
    /// It was not being sent and never will be.
    case cancelled
    /// It never will be sent again, but an earlier attempt may have reached its reader.
    case maybeSent = "maybe_sent"
    /// A worker has it: it is stopped if its turn has not come.
    case marked
    case ended
    /// There is no such event, or its outcome has been dropped with its day.
    case unknown

    /// Nothing more goes out.
    package var isFinal: Bool { self == .cancelled || self == .maybeSent }
}
