import Foundation
import NotifyCore
import SMTPSender
import Templates

/// A mail made along the worker's own path from a payload that is in no queue, for `preview` and `test-send`.
struct PreviewMail {
    let rendered: RenderedMail
    private let message: MailMessage

    /// - Parameter recipient: An address; nil for one that exists nowhere (RFC 2606).
    init(
        kind: String, locale: String, timeZone: String, payload: [String: String], settings: Settings,
        catalogue: TemplateCatalogue, recipient: String? = nil, banner: String? = nil
    ) throws {
        let identity = try Self.identity(settings)
        let person = Recipient(
            email: recipient ?? "jane.doe@example.com", displayName: "Jane Doe", locale: locale, timeZone: timeZone)
        let now = Int64(Date().timeIntervalSince1970 * 1_000_000)
        let event = ClaimedEvent(
            id: 0, leaseID: 0, kind: kind, userID: UUID(), organizationID: UUID(), organizationName: "Example GmbH",
            actorID: nil, attempts: 0, payload: "{}", messageID: UUID(), enqueuedAt: now, expiresAt: now, readAt: now,
            cancelReason: nil, recipient: person,
            isAccountMail: EventKind(rawValue: kind) == nil)
        let assembler = MailAssembler(
            identity: identity, installationID: UUID(), keyRing: settings.keys.ring ?? .random())
        var request = assembler.renderRequest(for: event, to: person, payload: payload)
        request.banner = banner
        do {
            rendered = try catalogue.render(request)
            message = try assembler.assemble(event, to: person, request: request, rendered: rendered, now: now)
        } catch let error as TemplateError {
            throw CommandFailure(error.description, mend: "Mend the payload or the template.")
        } catch let error as MailFault {
            throw CommandFailure(error.detail)
        }
    }

    func compose() throws -> ComposedMail {
        do {
            return try message.compose()
        } catch {
            throw CommandFailure("the mail cannot be composed: \(error.description)")
        }
    }

    /// The settings' own where they are set, so that a preview shows what will be sent.
    private static func identity(_ settings: Settings) throws -> MailIdentity {
        let mail = settings.mail
        do {
            return try MailIdentity(
                from: mail.from ?? "Example Support <support@example.com>", domain: mail.domain,
                envelopeFrom: mail.envelopeFrom, replyTo: mail.replyTo,
                publicURL: mail.publicURL ?? "https://notify.example.com", appURL: mail.appURL)
        } catch {
            throw CommandFailure(error.description, exit: .configuration)
        }
    }
}
