/// How an event ended. Every event ends in exactly one of these; there is one row of `notify.deliveries` for it.
package enum Outcome: Sendable, Hashable {
    case sent
    case skipped(SkipReason)
    case failed(FailureReason)
    case expired(ExpiryReason)
    case cancelled(CancelReason)

    /// The name in `deliveries.outcome`, metrics and commands.
    package var name: String {
        switch self {
        case .sent: "sent"
        case .skipped: "skipped"
        case .failed: "failed"
        case .expired: "expired"
        case .cancelled: "cancelled"
        }
    }

    /// The name in `deliveries.reason`; nil for `sent`.
    package var reason: String? {
        switch self {
        case .sent: nil
        case .skipped(let reason): reason.rawValue
        case .failed(let reason): reason.rawValue
        case .expired(let reason): reason.rawValue
        case .cancelled(let reason): reason.rawValue
        }
    }
}

package enum SkipReason: String, Sendable, CaseIterable {
    case preferenceOff = "preference_off"
    case ownAction = "own_action"
    case notAMember = "not_a_member"
    case accountInactive = "account_inactive"
    case suppressed
    case notAllowedHere = "not_allowed_here"
}

package enum FailureReason: String, Sendable, CaseIterable {
    case recipientRefused = "recipient_refused"
    case messageRefused = "message_refused"
    /// Its time was over, or would have been before the next try, after an attempt that counted: a 4xx, a connection lost
    /// on the way, or an answer that never came. Also one that was held until it expired.
    case retriesExhausted = "retries_exhausted"
    case addressInvalid = "address_invalid"
    case smtputf8Unsupported = "smtputf8_unsupported"
    case badPayload = "bad_payload"
    case unknownKind = "unknown_kind"
    case templateError = "template_error"
    case quarantined
}

package enum ExpiryReason: String, Sendable, CaseIterable {
    case neverTried = "never_tried"
}

package enum CancelReason: String, Sendable, CaseIterable {
    case byProducer = "by_producer"
    case byOperator = "by_operator"
    case accountDeleted = "account_deleted"
    case recipientGone = "recipient_gone"
}
