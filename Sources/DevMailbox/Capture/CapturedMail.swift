package import Foundation

/// One mail that the mailbox took responsibility for.
package struct CapturedMail: Sendable, Identifiable {
    /// 1, 2, 3 … in the order in which mails were captured.
    package let id: Int
    /// The session that it came over; sessions count from 1.
    package let session: Int
    package let capturedAt: Date
    /// The reverse-path without angle brackets; empty for the null path.
    package let sender: String
    package let recipients: [String]
    /// What stood behind the reverse-path, such as `BODY=8BITMIME`.
    package let parameters: [String]
    /// Header and body as sent, dot-stuffing undone, CR LF line ends kept.
    package let content: [UInt8]
    package let isEncrypted: Bool
    /// The user name that the session had logged in with.
    package let login: String?
}
