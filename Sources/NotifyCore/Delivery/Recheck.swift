/// What the re-check reads again, for one event whose mail is about to go out (ADR 6).
package struct RecheckRow: Sendable {
    package let eventID: Int64
    /// Whether the row is still there and carries our lease id.
    package let isLeaseHeld: Bool
    /// Who asked to cancel it; nil when nobody did.
    package let cancelReason: CancelReason?
    /// Nil when the user is gone. An account mail carries its own.
    package let recipient: Recipient?

    package init(eventID: Int64, isLeaseHeld: Bool, cancelReason: CancelReason?, recipient: Recipient?) {
        self.eventID = eventID
        self.isLeaseHeld = isLeaseHeld
        self.cancelReason = cancelReason
        self.recipient = recipient
    }
}

package enum RecheckDecision: Sendable, Hashable {
    /// The mail goes out as it was composed.
    case send
    /// The recipient's address, name, language or zone changed: render and compose again for this one.
    case recompose(Recipient)
    case end(Outcome)
    /// The event is another worker's, or gone: neither send nor settle it.
    case drop
}

/// The same decision as ``decide(_:now:allowing:)``, on freshly read facts. Kind and payload cannot have changed.
///
/// - Parameters:
///   - composedFor: the recipient that the waiting mail was composed for.
///   - now: the database's clock, µs since 1970.
package func decideAgain(
    _ event: ClaimedEvent, against row: RecheckRow, composedFor: Recipient, now: Int64,
    allowing allowed: AddressAllowList?
) -> RecheckDecision {
    guard row.isLeaseHeld else { return .drop }
    if let reason = row.cancelReason { return .end(.cancelled(reason)) }
    guard let recipient = row.recipient else { return .end(.cancelled(.recipientGone)) }
    if let outcome = objection(to: recipient, of: event, allowing: allowed) ?? expiry(of: event, now: now) {
        return .end(outcome)
    }
    return recipient == composedFor ? .send : .recompose(recipient)
}
