/// Whether a claimed event becomes a mail.
package enum Decision: Sendable, Hashable {
    case deliver(Recipient, payload: [String: String])
    /// `detail` names the field or the kind at fault and never holds a value of the payload.
    case end(Outcome, detail: String? = nil)
}

/// So many workers may an event take with it.
private let quarantineDeaths = 3

/// Decides about a claimed event, from what was read with it and the database's clock (µs since 1970).
///
/// The order is ADR 5's: cancelled, recipient exists, active, member, not the actor, switch, suppressed, allowed
/// here, expired. Then kind and payload, last, so that a user who wants no mail is `skipped` and not `failed` by a
/// mistake that would never have reached them. A kind that we do not know has no switch: `isSwitchOn` is true for it.
package func decide(_ event: ClaimedEvent, now: Int64, allowing allowed: AddressAllowList?) -> Decision {
    if let reason = event.cancelReason { return .end(.cancelled(reason)) }
    guard let recipient = event.recipient else { return .end(.cancelled(.recipientGone)) }
    if event.deaths >= quarantineDeaths {
        return .end(.failed(.quarantined), detail: "\(event.deaths) workers died while they had it alone")
    }
    if let outcome = objection(to: recipient, of: event, allowing: allowed) ?? expiry(of: event, now: now) {
        return .end(outcome)
    }
    guard let check = event.payloadCheck else { return .end(.failed(.unknownKind), detail: "no kind that we know") }
    do throws(PayloadProblem) {
        let payload = try PayloadParser.parse(event.payload)
        if let problem = check(payload) { throw problem }
        return .deliver(recipient, payload: payload)
    } catch {
        return .end(.failed(.badPayload), detail: error.description)
    }
}

/// What holds against a recipient as the database has it now; nil where nothing does.
///
/// Account mails ignore switches, membership and suppression, but a staging copy must not send even those.
func objection(to recipient: Recipient, of event: ClaimedEvent, allowing allowed: AddressAllowList?) -> Outcome? {
    if !event.isAccountMail {
        if !recipient.isActive { return .skipped(.accountInactive) }
        if !recipient.isMember { return .skipped(.notAMember) }
        if let actorID = event.actorID, actorID == event.userID { return .skipped(.ownAction) }
        if !recipient.isSwitchOn { return .skipped(.preferenceOff) }
        if recipient.isSuppressed { return .skipped(.suppressed) }
    }
    if let allowed, !allowed.contains(recipient.email) { return .skipped(.notAllowedHere) }
    return nil
}

/// How an event ends whose time is over; nil while it is not.
func expiry(of event: ClaimedEvent, now: Int64) -> Outcome? {
    now >= event.expiresAt ? .outOfTime(chargedAttempts: event.attempts) : nil
}

extension Outcome {
    /// An event that was tried, and answered, ran out of tries. One that never reached a recipient's mailbox expired.
    static func outOfTime(chargedAttempts: Int) -> Outcome {
        chargedAttempts > 0 ? .failed(.retriesExhausted) : .expired(.neverTried)
    }
}

extension ClaimedEvent {
    /// What checks the payload; nil for an unknown kind. A producer's event of an `account_*` kind is unknown: only
    /// `enqueue_account` may write those. What an account mail's payload must hold, its template says.
    fileprivate var payloadCheck: ((_ payload: [String: String]) -> PayloadProblem?)? {
        if isAccountMail { return kind.hasPrefix("account_") ? { _ in nil } : nil }
        return EventKind(rawValue: kind).map { PayloadSchema.of($0).problem(in:) }
    }
}
