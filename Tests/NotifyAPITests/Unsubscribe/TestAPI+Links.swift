import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NotifyCore
import Templates
import TestSupport

@testable import NotifyAPI

/// The unsubscribe links of mails, made as the worker makes them.
extension TestAPI {
    /// The same as `TestWorker`'s.
    static let key = "uzxvDKTvrT8T8i8ZXjgPdKcvTbXzrJ3p7aZ2XvGvAeE="
    static let otherKey = "f0Vn1y1bHTsl3O6PqJ9q4m1v0Nq7mK1H4m3n5V2yQ2k="
    static let appURL = "https://app.example.com"

    static var keyRing: KeyRing {
        get throws { try KeyRing(parsing: key) }
    }

    static var pages: SignedOutPages {
        get throws { SignedOutPages(try WebPages.load(directory: TestWorker.templates), appURL: appURL) }
    }

    /// The same API with other keys, or a logger to look into.
    func with(keys: String = TestAPI.key, logger: Logger = .silent) throws -> TestAPI {
        var copy = self
        let services = APIServices(pool, keyRing: try KeyRing(parsing: keys), pages: try Self.pages)
        copy.logger = logger
        copy.responder =
            buildApplication(configuration, services: services, readiness: { [] }, logger: logger).responder
        return copy
    }

    /// Enqueues a ticket and gives the path of the link that its mail would have.
    func link(
        for user: String = ada, switch emailSwitch: EmailSwitch = .assignedTickets, organization: String? = acme,
        keys: String = TestAPI.key
    ) async throws -> String {
        let organization = organization.map { "'\($0)'" } ?? "null"
        let event = try await database.value(
            "select notify.enqueue('assigned_ticket', '\(user)', '\(ticket)', \(organization))")
        return try Self.link(for: user, emailSwitch, event: Int64(event ?? "") ?? 0, keys: keys)
    }

    static func link(
        for user: String, _ emailSwitch: EmailSwitch = .assignedTickets, event: Int64 = 1, keys: String = TestAPI.key
    ) throws -> String {
        let token = UnsubscribeToken(
            userID: UUID(uuidString: user) ?? UUID(), emailSwitch: emailSwitch, eventID: event)
        return "/u/\(token.encoded(signedBy: try KeyRing(parsing: keys)))"
    }

    /// POSTs a form.
    func post(
        _ link: String, _ body: String, type: String = "application/x-www-form-urlencoded"
    ) async throws -> Answer {
        try await send(.post, link, body, headers: [.contentType: type])
    }

    /// What a mail program sends (RFC 8058 §3.1).
    func oneClick(_ link: String) async throws -> Answer { try await post(link, "List-Unsubscribe=One-Click") }

    /// The switches of a user that are off.
    func switchesOff(_ user: String = ada) async throws -> [String] {
        try await database.column(
            "select switch from notify.email_preferences where user_id = '\(user)' and not enabled order by 1"
        )
        .compactMap(\.self)
    }

    /// `via` of each change, oldest first.
    func changes(_ user: String = ada) async throws -> [String] {
        try await database.column(
            """
            select via || ' ' || switch || ' ' || enabled from notify.email_preference_changes
            where user_id = '\(user)' order by id
            """
        )
        .compactMap(\.self)
    }
}

extension HTTPField.Name {
    static func named(_ text: String) -> HTTPField.Name { HTTPField.Name(text) ?? .via }
}
