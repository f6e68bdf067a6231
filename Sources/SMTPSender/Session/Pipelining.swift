/// The setting: how far commands may be sent ahead of their replies where the relay offers PIPELINING (RFC 2920).
package enum PipeliningSetting: String, Sendable, CaseIterable {
    /// As far as the relay takes it: begins with `PipeliningLevel.content` and steps down when the relay stumbles.
    case auto
    /// MAIL RCPT DATA in one group, never joined to the content before.
    case transaction
    case off

    package var level: PipeliningLevel {
        switch self {
        case .auto: .content
        case .transaction: .transaction
        case .off: .inTurn
        }
    }
}

/// How commands are grouped, from the most careful to the fastest.
package enum PipeliningLevel: Int, Sendable, Comparable {
    /// Each command waits for the reply to the one before.
    case inTurn
    /// MAIL RCPT DATA in one group: two round trips a mail.
    case transaction
    /// A mail's content and final dot, and MAIL RCPT DATA of the next, in one group: one round trip a mail.
    case content

    package static func < (left: PipeliningLevel, right: PipeliningLevel) -> Bool { left.rawValue < right.rawValue }

    var next: PipeliningLevel { PipeliningLevel(rawValue: rawValue - 1) ?? .inTurn }
}

/// What one relay has shown it can take: `auto` steps down when a joined group goes wrong, for an hour.
package struct PipeliningRecord: Sendable {
    static let penalty: Duration = .seconds(3600)

    private let setting: PipeliningSetting
    private var lowered: PipeliningLevel?
    private var loweredUntil: ContinuousClock.Instant?

    package init(setting: PipeliningSetting) {
        self.setting = setting
    }

    package mutating func level(at now: ContinuousClock.Instant) -> PipeliningLevel {
        if let until = loweredUntil, now >= until {
            lowered = nil
            loweredUntil = nil
        }
        return lowered ?? setting.level
    }

    /// Goes one step below what failed. Sessions of one level that fail together, when a relay restarts, are one
    /// failure.
    package mutating func failed(at failed: PipeliningLevel, now: ContinuousClock.Instant) {
        guard setting == .auto, level(at: now) > failed.next else { return }
        lowered = failed.next
        loweredUntil = now + Self.penalty
    }
}
