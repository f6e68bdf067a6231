internal import Crypto
package import Foundation

/// The thread that a notification belongs to: one for each organisation, object and recipient.
///
/// Mail programs join what refers to the same Message-ID, so all mails of a thread refer to one that never was a mail. It
/// is a digest keyed with the installation's id: it tells no reader of a header which ids our users and objects have,
/// and two installations behind one domain never mix their threads.
package struct MailThread: Sendable {
    private let key: SymmetricKey

    package init(installationID: UUID) {
        key = SymmetricKey(data: installationID.octets)
    }

    /// The Message-ID to refer to, without brackets; nil for an account mail, which stands alone.
    package func root(of event: ClaimedEvent, payload: [String: String], domain: String) -> String? {
        guard !event.isAccountMail, let userID = event.userID,
            let object = EventKind(rawValue: event.kind)?.object, let objectID = payload[object.idField]
        else { return nil }
        var name = event.organizationID?.octets ?? [UInt8](repeating: 0, count: 16)
        name += userID.octets
        name += Array("\(object.rawValue):\(objectID)".utf8)
        let digest = HMAC<SHA256>.authenticationCode(for: name, using: key)
        return "\(HexText.encode(Array(digest).prefix(16))).thread@\(domain)"
    }
}
