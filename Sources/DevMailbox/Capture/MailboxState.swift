package import Foundation

/// What a mailbox has seen so far. A value: what a test holds does not change under it.
package struct MailboxState: Sendable {
    /// Newest last; the oldest are dropped when there are more than the configured number.
    package internal(set) var mails: [CapturedMail] = []
    /// How many were captured, dropped ones included.
    package internal(set) var mailCount = 0
    package internal(set) var violations: [Violation] = []
    /// What was said, oldest first; the first 50,000 lines are kept.
    package internal(set) var transcript: [TranscriptLine] = []
    /// How many sessions were begun.
    package internal(set) var sessionCount = 0
    package internal(set) var openSessions: Set<Int> = []

    /// The commands that clients sent, as they stood on the wire, without content and passwords.
    package var commands: [String] { transcript.filter { $0.origin == .client }.map(\.text) }
}

package struct TranscriptLine: Sendable, Hashable {
    package enum Origin: String, Sendable {
        case client, server
        /// A rule was applied, or the session came to an odd end.
        case note
    }

    package let session: Int
    package let at: Date
    package let origin: Origin
    package let text: String
}
