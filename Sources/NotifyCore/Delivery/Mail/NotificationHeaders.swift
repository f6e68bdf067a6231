internal import Crypto
package import Foundation
package import SMTPSender

/// The header fields of a notification beside those that every mail has (docs/architecture.md).
package struct NotificationHeaders: Sendable {
    private let listID: HeaderField
    /// The sender's part of Feedback-ID: 15 characters, the most that Gmail takes, the same for all our mails.
    private let senderID: String
    private let offersOneClick: Bool

    package init(identity: MailIdentity, installationID: UUID) {
        listID = HeaderField("List-Id", "<\(identity.listID)>")
        senderID = "notify-" + HexText.encode(Array(SHA256.hash(data: installationID.octets)).prefix(4))
        offersOneClick = identity.offersOneClickUnsubscribe
    }

    /// - Parameter unsubscribeURL: nil for an account mail, which is nobody's to switch off.
    package func fields(for event: ClaimedEvent, unsubscribeURL: String?) -> [HeaderField] {
        // Nobody's out-of-office reply should come back to a notification (RFC 3834 §5; the second is Exchange's).
        var fields = [Self.autoSubmitted, Self.suppress, listID, HeaderField("Feedback-ID", feedbackID(event))]
        if let unsubscribeURL, offersOneClick {
            fields.append(HeaderField("List-Unsubscribe", "<\(unsubscribeURL)>"))
            fields.append(Self.oneClick)
        }
        return fields
    }

    /// `kind:organisation:notify:sender`: what Gmail's Postmaster Tools count complaints by.
    private func feedbackID(_ event: ClaimedEvent) -> String {
        let organization =
            event.organizationID.map { HexText.encode(Array(SHA256.hash(data: $0.octets)).prefix(5)) } ?? "none"
        return "\(event.kind):\(organization):notify:\(senderID)"
    }

    private static let autoSubmitted = HeaderField("Auto-Submitted", "auto-generated")
    private static let suppress = HeaderField("X-Auto-Response-Suppress", "All")
    private static let oneClick = HeaderField("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
}
