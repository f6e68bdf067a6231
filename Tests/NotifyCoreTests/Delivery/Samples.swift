import Foundation
import NotifyCore

/// Values that the tests of this folder vary.
enum Sample {
    static let user = UUID(octets: [UInt8](repeating: 0x11, count: 16)[...]) ?? UUID()
    static let organization = UUID(octets: [UInt8](repeating: 0x22, count: 16)[...]) ?? UUID()
    static let actor = UUID(octets: [UInt8](repeating: 0x33, count: 16)[...]) ?? UUID()
    static let messageID = UUID(octets: [UInt8](repeating: 0xAB, count: 16)[...]) ?? UUID()
    static let ticket = #"{"ticket_id": "T-7", "subject": "Printer on fire", "url": "https://app.example.com/t/7"}"#
    static let expiresAt: Int64 = 2_000_000_000_000_000
    static let now: Int64 = 1_999_000_000_000_000

    static let recipient = Recipient(email: "jane@example.com", displayName: "Jane Doe")

    static func recipient(_ change: (inout Recipient) -> Void) -> Recipient {
        var recipient = recipient
        change(&recipient)
        return recipient
    }

    static func event(
        kind: String = "assigned_ticket", payload: String = ticket, actorID: UUID? = actor, attempts: Int = 0,
        cancelReason: CancelReason? = nil, recipient: Recipient? = recipient, isAccountMail: Bool = false,
        organizationID: UUID? = organization, userID: UUID? = user, id: Int64 = 42, leaseID: Int64 = 7
    ) -> ClaimedEvent {
        ClaimedEvent(
            id: id, leaseID: leaseID, kind: kind, userID: userID, organizationID: organizationID,
            organizationName: "Example Ltd", actorID: actorID, attempts: attempts, payload: payload,
            messageID: messageID, enqueuedAt: now - 1_000_000, expiresAt: expiresAt, readAt: now,
            cancelReason: cancelReason, recipient: recipient, isAccountMail: isAccountMail)
    }
}
