import Foundation
import NotifyCore
import SMTPSender
import Templates
import Testing

@Suite("The mail of an event")
struct MailAssemblerTests {
    static let payload = ["ticket_id": "T-7", "subject": "Printer on fire", "url": "https://app.example.com/t/7"]
    static let templates = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../templates").standardizedFileURL.path(percentEncoded: false)
    /// Any id that does not change.
    static let installation = Sample.actor

    static func assemble(
        _ event: ClaimedEvent = Sample.event(), recipient: Recipient = Sample.recipient,
        payload: [String: String] = payload, publicURL: String = "https://notify.example.com",
        installation: UUID = installation, now: Int64 = Sample.now
    ) throws -> MailMessage {
        let identity = try MailIdentityTests.identity(envelopeFrom: "bounces@example.com", publicURL: publicURL)
        let assembler = MailAssembler(identity: identity, installationID: installation, keyRing: try Ring.of(1))
        let request = assembler.renderRequest(for: event, to: recipient, payload: payload)
        // An account mail has no template yet: rendered as the ticket that its payload is.
        var renderable = request
        renderable.kind = event.isAccountMail ? "assigned_ticket" : request.kind
        let rendered = try TemplateCatalogue.load(directory: templates, contracts: KindContract.events)
            .render(renderable)
        return try assembler.assemble(event, to: recipient, request: request, rendered: rendered, now: now)
    }

    static func header(_ name: String, of mail: MailMessage) -> String? {
        mail.extraHeaders.first { $0.name == name }?.value
    }

    @Test("Addresses, ids and date come from identity, recipient and event")
    func fields() throws {
        let mail = try Self.assemble()
        #expect(mail.to.displayName == "Jane Doe")
        #expect(mail.to.address.wireForm == "jane@example.com")
        #expect(mail.from.address.wireForm == "notify@example.com")
        #expect(mail.envelopeSender?.wireForm == "bounces@example.com")
        #expect(mail.messageID == "abababab-abab-abab-abab-abababababab@example.com")
        #expect(mail.date == 1_999_000_000)
        #expect(mail.subject.contains("Printer on fire"))
        #expect(mail.text.contains("https://app.example.com/t/7"))
        #expect(Self.header("Auto-Submitted", of: mail) == "auto-generated")
        #expect(Self.header("X-Auto-Response-Suppress", of: mail) == "All")
        #expect(Self.header("List-Id", of: mail) == "<notifications.example.com>")
    }

    @Test("Header and text name the same unsubscribe link, whose token is for this user and switch")
    func unsubscribe() throws {
        let mail = try Self.assemble()
        let header = try #require(Self.header("List-Unsubscribe", of: mail))
        let url = String(header.dropFirst().dropLast())
        #expect(header == "<\(url)>")
        #expect(mail.text.contains(url))
        #expect(Self.header("List-Unsubscribe-Post", of: mail) == "List-Unsubscribe=One-Click")
        let token = String(url.dropFirst("https://notify.example.com/u/".count))
        #expect(
            UnsubscribeToken(verifying: token, with: try Ring.of(1))
                == UnsubscribeToken(userID: Sample.user, emailSwitch: .assignedTickets, eventID: 42))
    }

    @Test("Without https there is no one-click unsubscribing, only the link in the text")
    func withoutTLS() throws {
        let mail = try Self.assemble(publicURL: "http://127.0.0.1:8080")
        #expect(Self.header("List-Unsubscribe", of: mail) == nil)
        #expect(Self.header("List-Unsubscribe-Post", of: mail) == nil)
        #expect(mail.text.contains("http://127.0.0.1:8080/u/"))
    }

    @Test("An account mail belongs to no thread and cannot be unsubscribed from")
    func accountMail() throws {
        let mail = try Self.assemble(Sample.event(kind: "account_password_reset", isAccountMail: true))
        #expect(mail.references.isEmpty)
        #expect(Self.header("List-Unsubscribe", of: mail) == nil)
        #expect(!mail.text.contains("/u/"))
        #expect(Self.header("Feedback-ID", of: mail)?.hasPrefix("account_password_reset:") == true)
    }

    @Test("One thread holds what one recipient gets about one object of one organisation")
    func thread() throws {
        let root = try Self.assemble().references
        #expect(root.count == 1)
        #expect(root[0].hasSuffix(".thread@example.com"))
        #expect(!root[0].contains("T-7"))
        #expect(
            try Self
                .assemble(Sample.event(actorID: nil, id: 43), payload: Self.payload.merging(["subject": "New"]) { $1 })
                .references == root)
        let others = [
            try Self.assemble(Sample.event(organizationID: nil)), try Self.assemble(Sample.event(userID: Sample.actor)),
            try Self.assemble(payload: Self.payload.merging(["ticket_id": "T-8"]) { $1 }),
            try Self.assemble(installation: Sample.user),
        ]
        #expect(Set(others.map(\.references) + [root]).count == 5)
    }

    @Test("An assignment of a conversation and a note in it are one thread, an inquiry of the same id is not")
    func objects() throws {
        let identity = try MailIdentityTests.identity()
        let thread = MailThread(installationID: Self.installation)
        let root = { (kind: EventKind) in
            thread.root(
                of: Sample.event(kind: kind.rawValue), payload: [kind.object.idField: "7"],
                domain: identity.messageDomain)
        }
        #expect(root(.assignedConversation) == root(.conversationNote))
        #expect(Set(EventKind.allCases.map(root)).count == 4)
    }

    @Test("Feedback-ID has four parts and a sender of at most 15 characters")
    func feedbackID() throws {
        let value = try #require(Self.header("Feedback-ID", of: try Self.assemble()))
        let parts = value.split(separator: ":")
        #expect(parts.count == 4)
        #expect(parts[0] == "assigned_ticket")
        #expect((5...15).contains(parts[3].count))
        #expect(!value.contains(Sample.organization.lowercaseText))
    }

    @Test("The whole composes, for hostile names too", arguments: ["Jane Doe", "日本 太郎", "a\r\nBcc: x@y.example", ""])
    func composes(_ name: String) throws {
        let mail = try Self.assemble(recipient: Sample.recipient { $0.displayName = name })
        let content = String(decoding: try mail.compose().content, as: UTF8.self)
        #expect(content.contains("\r\nIn-Reply-To: <\(mail.references[0])>\r\n"))
        #expect(content.contains("\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"))
        #expect(!content.contains("\r\nBcc:"))
    }

    @Test(
        "An address that is none fails with a detail that does not repeat it",
        arguments: ["jane", "jane@", "a b@example.com", "jane@exa mple.com\r\n"])
    func invalidAddress(_ email: String) throws {
        let fault = try #require(
            #expect(throws: MailFault.self) { try Self.assemble(recipient: Sample.recipient { $0.email = email }) })
        #expect(fault.outcome == .failed(.addressInvalid))
        #expect(!fault.detail.isEmpty)
        #expect(!fault.detail.contains("jane"))
    }

    @Test("A template that cannot be rendered, and a message that cannot be composed, fail as template errors")
    func faults() {
        #expect(MailFault(TemplateError.unknownKind("x")).outcome == .failed(.templateError))
        #expect(MailFault(MessageError.bodyTooLong).outcome == .failed(.templateError))
    }
}
