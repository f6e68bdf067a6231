package import Foundation

/// An event under our lease, with all that the decision needs, read by the same statement that claimed it.
///
/// Times are the database's, in microseconds since 1970-01-01T00:00:00Z.
package struct ClaimedEvent: Sendable {
    package let id: Int64
    /// The fencing token: a settle counts only while the row still carries it.
    package let leaseID: Int64
    /// As stored: may be no kind that we know.
    package let kind: String
    /// Nil where an account mail goes to somebody without an account.
    package let userID: UUID?
    package let organizationID: UUID?
    package let organizationName: String?
    package let actorID: UUID?
    /// Charged attempts before this one.
    package let attempts: Int
    /// The payload's JSON text as stored: may be anything that JSON can be.
    package let payload: String
    package let messageID: UUID
    package let enqueuedAt: Int64
    package let expiresAt: Int64
    /// The database's clock when the row was read.
    package let readAt: Int64
    /// Who asked to cancel it while somebody had it; nil when nobody did.
    package let cancelReason: CancelReason?
    /// Nil when the user is gone. An account mail carries its own.
    package let recipient: Recipient?
    /// Whether this is an account mail (`enqueue_account`): no switches, no membership.
    package let isAccountMail: Bool
    /// Workers that died while they had it alone.
    package let deaths: Int

    package init(
        id: Int64, leaseID: Int64, kind: String, userID: UUID?, organizationID: UUID?, organizationName: String?,
        actorID: UUID?, attempts: Int, payload: String, messageID: UUID, enqueuedAt: Int64, expiresAt: Int64,
        readAt: Int64, cancelReason: CancelReason?, recipient: Recipient?, isAccountMail: Bool, deaths: Int = 0
    ) {
        self.id = id
        self.leaseID = leaseID
        self.kind = kind
        self.userID = userID
        self.organizationID = organizationID
        self.organizationName = organizationName
        self.actorID = actorID
        self.attempts = attempts
        self.payload = payload
        self.messageID = messageID
        self.enqueuedAt = enqueuedAt
        self.expiresAt = expiresAt
        self.readAt = readAt
        self.cancelReason = cancelReason
        self.recipient = recipient
        self.isAccountMail = isAccountMail
        self.deaths = deaths
    }
}

/// Who the mail is for, as the database has it now.
package struct Recipient: Sendable, Hashable {
    package var email: String
    package var displayName: String
    /// A BCP 47 tag, such as `pt-BR`.
    package var locale: String
    /// An IANA zone name.
    package var timeZone: String
    package var isActive: Bool
    /// True too where the event has no organisation.
    package var isMember: Bool
    /// The switch that belongs to the event's kind; true where the kind has none.
    package var isSwitchOn: Bool
    package var isSuppressed: Bool

    package init(
        email: String, displayName: String, locale: String = "en", timeZone: String = "UTC", isActive: Bool = true,
        isMember: Bool = true, isSwitchOn: Bool = true, isSuppressed: Bool = false
    ) {
        self.email = email
        self.displayName = displayName
        self.locale = locale
        self.timeZone = timeZone
        self.isActive = isActive
        self.isMember = isMember
        self.isSwitchOn = isSwitchOn
        self.isSuppressed = isSuppressed
    }
}
