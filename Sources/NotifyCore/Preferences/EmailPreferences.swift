package import Foundation

/// A user's five e-mail switches at one moment.
package struct EmailPreferences: Sendable, Hashable {
    /// Goes up with each change; what an `ETag` is made of.
    package let version: Int64
    package let switchesOff: Set<EmailSwitch>

    package init(version: Int64, switchesOff: Set<EmailSwitch>) {
        self.version = version
        self.switchesOff = switchesOff
    }

    package subscript(emailSwitch: EmailSwitch) -> Bool { !switchesOff.contains(emailSwitch) }
}

/// Through what a switch is changed, and by whom. `sql` changes record the database role instead.
package enum PreferenceActor: Sendable, Hashable {
    case service(apiKeyID: Int64)
    case user(sessionID: Int64)
    /// The link in the mail of this event.
    case unsubscribe(eventID: Int64)

    package var via: String {
        switch self {
        case .service: "service"
        case .user: "user"
        case .unsubscribe: "unsubscribe"
        }
    }

    package var name: String {
        switch self {
        case .service(let id): "api_key \(id)"
        case .user(let id): "session \(id)"
        case .unsubscribe(let id): "event \(id)"
        }
    }
}

/// Switches of one user to set, all or none.
package struct PreferenceChange: Sendable, Hashable {
    package let userID: UUID
    package let switches: [EmailSwitch: Bool]
    /// Only if this is still the version; nil: whatever it is.
    package let expectedVersion: Int64?
    package let actor: PreferenceActor

    package init(
        userID: UUID, switches: [EmailSwitch: Bool], expectedVersion: Int64? = nil, actor: PreferenceActor
    ) {
        self.userID = userID
        self.switches = switches
        self.expectedVersion = expectedVersion
        self.actor = actor
    }
}

package enum PreferenceChangeResult: Sendable, Hashable {
    /// They are so now; a change to what was so already leaves the version as it was.
    case done(EmailPreferences)
    case unknownUser
    /// Changed meanwhile; nothing was done.
    case versionMismatch
}

/// One entry of a user's history, newest first in lists.
package struct RecordedPreferenceChange: Sendable {
    package let id: Int64
    package let emailSwitch: String
    package let enabled: Bool
    package let changedAt: Moment
    /// sql, service, user, unsubscribe or unsubscribe_undo.
    package let via: String
    package let actor: String
}
