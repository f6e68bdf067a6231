package import Foundation
package import SMTPSender
package import Templates

/// Makes the mail of an event: what the template is told, and the rendered parts under their headers.
///
/// Made once; no I/O and no state, so any thread may use it.
package struct MailAssembler: Sendable {
    private let identity: MailIdentity
    private let keyRing: KeyRing
    private let thread: MailThread
    private let headers: NotificationHeaders

    /// - Parameter installationID: `notify.installation.id`.
    package init(identity: MailIdentity, installationID: UUID, keyRing: KeyRing) {
        self.identity = identity
        self.keyRing = keyRing
        thread = MailThread(installationID: installationID)
        headers = NotificationHeaders(identity: identity, installationID: installationID)
    }

    /// What the template of the event's kind is rendered with.
    package func renderRequest(
        for event: ClaimedEvent, to recipient: Recipient, payload: [String: String]
    ) -> RenderRequest {
        RenderRequest(
            kind: event.kind, locale: recipient.locale, timeZone: recipient.timeZone, payload: payload,
            recipientName: recipient.displayName, organizationName: event.organizationName,
            preferencesURL: identity.preferencesURL, unsubscribeURL: unsubscribeURL(of: event),
            appURL: identity.appURL)
    }

    /// The mail of an event, ready to be composed. Each attempt gives it the same Message-ID.
    ///
    /// - Parameters:
    ///   - request: what `rendered` was rendered from; the header names the same unsubscribe link as the text.
    ///   - now: µs since 1970, for Date.
    /// - Throws: `MailFault` with `address_invalid` where the recipient's address is none.
    package func assemble(
        _ event: ClaimedEvent, to recipient: Recipient, request: RenderRequest, rendered: RenderedMail, now: Int64
    ) throws(MailFault) -> MailMessage {
        let address: EmailAddress
        do throws(AddressError) {
            address = try EmailAddress(parsing: recipient.email)
        } catch {
            throw MailFault(error)
        }
        let root = thread.root(of: event, payload: request.payload, domain: identity.messageDomain)
        return MailMessage(
            from: identity.from, to: Mailbox(displayName: recipient.displayName, address: address),
            replyTo: identity.replyTo, envelopeSender: identity.envelopeSender, subject: rendered.subject,
            date: now / 1_000_000,
            messageID: "\(event.messageID.lowercaseText)@\(identity.messageDomain)",
            references: root.map { [$0] } ?? [],
            extraHeaders: headers.fields(for: event, unsubscribeURL: request.unsubscribeURL), text: rendered.text,
            html: rendered.html)
    }

    private func unsubscribeURL(of event: ClaimedEvent) -> String? {
        guard !event.isAccountMail, let userID = event.userID, let kind = EventKind(rawValue: event.kind) else {
            return nil
        }
        let token = UnsubscribeToken(userID: userID, emailSwitch: kind.emailSwitch, eventID: event.id)
        return identity.unsubscribeURL(token.encoded(signedBy: keyRing))
    }
}
