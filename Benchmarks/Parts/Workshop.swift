import Foundation
import NotifyCore
import SMTPSender
import Templates

/// Makes mails as the worker does, of events that differ in what they say.
struct Workshop {
    /// Enough different values that no part sees the same ones all the time.
    static let variety = 0..<64

    private let catalogue: TemplateCatalogue
    private let assembler: MailAssembler

    struct Work {
        let event: ClaimedEvent
        let recipient: Recipient
        let payload: [String: String]
    }

    init() throws {
        let directory = ProcessInfo.processInfo.environment["NOTIFY_TEMPLATES"] ?? "templates"
        catalogue = try TemplateCatalogue.load(directory: directory, contracts: KindContract.events)
        let identity = try MailIdentity(
            from: "Example Support <support@example.com>", publicURL: "https://notify.example.com")
        assembler = MailAssembler(
            identity: identity, installationID: Self.id(1),
            keyRing: try KeyRing(parsing: "4bYBxJBEI2p3HPaJhftlsPdcrLmZNbII2dBrwslA77o="))
    }

    /// One of many, the same each time: its number decides what it says.
    func event(_ number: Int, of kind: EventKind) -> Work {
        var payload = catalogue.sample(of: kind.rawValue) ?? [:]
        for (key, value) in payload where key != "due_at" { payload[key] = "\(value)\(number)" }
        let recipient = Recipient(
            email: "user\(number)@example.com", displayName: "Jane Doe \(number)", locale: "en",
            timeZone: "Europe/Berlin")
        let event = ClaimedEvent(
            id: Int64(number) + 1, leaseID: Int64(number) + 1, kind: kind.rawValue, userID: Self.id(number),
            organizationID: Self.id(1_000 + number % 20), organizationName: "Example \(number % 20) Ltd", actorID: nil,
            attempts: 0, payload: "", messageID: Self.id(2_000 + number), enqueuedAt: 1_790_000_000_000_000,
            expiresAt: 1_790_086_400_000_000, readAt: 1_790_000_000_000_000, cancelReason: nil, recipient: recipient,
            isAccountMail: false)
        return Work(event: event, recipient: recipient, payload: payload)
    }

    func compose(_ work: Work) throws -> ComposedMail {
        let request = assembler.renderRequest(for: work.event, to: work.recipient, payload: work.payload)
        let rendered = try catalogue.render(request)
        let message = try assembler.assemble(
            work.event, to: work.recipient, request: request, rendered: rendered, now: work.event.readAt)
        return try message.compose()
    }

    private static func id(_ number: Int) -> UUID {
        let (high, low) = (UInt8(truncatingIfNeeded: number >> 8), UInt8(truncatingIfNeeded: number))
        return UUID(uuid: (0, 0, 0, 0, 0, 0, 0x40, 0, 0x80, 0, 0, 0, 0, 0, high, low))
    }
}
