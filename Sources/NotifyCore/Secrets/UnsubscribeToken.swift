package import Foundation

/// The token of a `List-Unsubscribe` link: turns one switch of one user off, and does nothing else (RFC 8058).
///
/// It needs no row, no session and no expiry: whoever holds the mail may stop the mails, a year later too. 44 octets, 59
/// characters in a URL: version 1, key id 2, user 16, switch 1, event id 8, and 16 of an HMAC-SHA256 over all of that.
package struct UnsubscribeToken: Sendable, Hashable {
    package let userID: UUID
    package let emailSwitch: EmailSwitch
    /// The event whose mail carried the link, for the record of who switched what off.
    package let eventID: Int64

    private static let version: UInt8 = 1
    private static let length = 44
    private static let signedLength = 28

    package init(userID: UUID, emailSwitch: EmailSwitch, eventID: Int64) {
        self.userID = userID
        self.emailSwitch = emailSwitch
        self.eventID = eventID
    }

    package func encoded(signedBy ring: KeyRing) -> String {
        let body = self.body
        let signature = ring.sign(body, for: .unsubscribe)
        var octets: [UInt8] = []
        octets.reserveCapacity(Self.length)
        octets.append(body[0])
        octets.append(UInt8(truncatingIfNeeded: signature.keyID >> 8))
        octets.append(UInt8(truncatingIfNeeded: signature.keyID))
        octets += body.dropFirst()
        octets += signature.code.prefix(Signature.shortestCode)
        return Base64Text.encode(octets)
    }

    /// Nil for whatever this ring did not sign as such a token.
    package init?(verifying text: String, with ring: KeyRing) {
        guard text.utf8.count == 59, let octets = Base64Text.decode(text), octets.count == Self.length,
            Base64Text.encode(octets) == text, octets[0] == Self.version, let userID = UUID(octets: octets[3..<19]),
            let emailSwitch = EmailSwitch(tokenCode: octets[19])
        else { return nil }
        self.userID = userID
        self.emailSwitch = emailSwitch
        eventID = Int64(bitPattern: octets[20..<28].reduce(0 as UInt64) { $0 << 8 | UInt64($1) })
        let signature = Signature(
            keyID: UInt16(octets[1]) << 8 | UInt16(octets[2]), code: Array(octets[Self.signedLength...]))
        guard ring.verify(signature, of: body, for: .unsubscribe) else { return nil }
    }

    /// What is signed: the version, then all but the key id, which the signature itself depends on.
    private var body: [UInt8] {
        var octets = [Self.version]
        octets.reserveCapacity(26)
        octets += userID.octets
        octets.append(emailSwitch.tokenCode)
        octets += (0..<8).map { UInt8(truncatingIfNeeded: eventID >> (56 - 8 * $0)) }
        return octets
    }
}

extension EmailSwitch {
    /// Its number in tokens. Mails out there carry it: numbers are added and never changed.
    fileprivate var tokenCode: UInt8 {
        switch self {
        case .assignedConversations: 1
        case .assignedTickets: 2
        case .notesInAssignedConversations: 3
        case .assignedReminders: 4
        case .assignedInquiries: 5
        }
    }

    fileprivate init?(tokenCode: UInt8) {
        guard let match = EmailSwitch.allCases.first(where: { $0.tokenCode == tokenCode }) else { return nil }
        self = match
    }
}
