import Foundation
import Hummingbird
import NotifyCore
import TestSupport
import Testing

@testable import NotifyAPI

@Suite("Who may call which route", .timeLimit(.minutes(5)))
struct CallerMatrixTests {
    @Test("Every route has a row in the matrix, and no row is of a route that is gone")
    func completeness() async throws {
        try await withAPI { api in
            let routes = api.endpoints.map { "\($0.method) \($0.path)" }
            #expect(routes.sorted() == MatrixRow.all.map(\.route).sorted())
        }
    }

    @Test(
        "Whoever may not call a route is told so and changes nothing; whoever may is answered", arguments: MatrixRow.all
    )
    func matrix(row: MatrixRow) async throws {
        try await withAPI { api in
            let tokens = try await Self.tokens(api)
            let eventID = try await api.database.value(
                """
                select notify.enqueue('assigned_ticket', '\(ada)', '\(ticket)', '\(acme)', 'of-ada',
                    send_at => now() - interval '1 second')
                """)
            let path = row.path.replacing("{user_id}", with: ada).replacing("{organization_id}", with: acme)
                .replacing("{event_id}", with: eventID ?? "")
                .replacing("{token}", with: try Self.link(api))
            let before = try await api.contents()
            let type: HTTPFields = row.body == nil ? [:] : [.contentType: row.contentType]
            for caller in MatrixCaller.allCases {
                guard let refusal = caller.refusal(by: row.access) else { continue }
                let answer = try await api.send(row.method, path, as: tokens[caller], row.body, headers: type)
                #expect(answer.status == refusal, "\(caller)")
                #expect(answer.headers[.contentType] == "application/problem+json", "\(caller)")
                #expect((answer.headers[.wwwAuthenticate] != nil) == (refusal == 401), "\(caller)")
                #expect(try await api.contents() == before, "\(caller)")
            }
            var expected = row.status
            for caller in MatrixCaller.allCases where caller.refusal(by: row.access) == nil {
                let answer = try await api.send(row.method, path, as: tokens[caller], row.body, headers: type)
                #expect(answer.status == expected, "\(caller): \(answer.body)")
                expected = row.next
            }
        }
    }

    @Test(
        "A token counts only as a bearer token in its header",
        arguments: ["Basic ", "Token ", "Bearer", "bearer  x ", ""])
    func schemes(prefix: String) async throws {
        try await withAPI { api in
            let token = try await api.key().token
            let answer = try await api.send(
                .get, "/v1/users/\(ada)?access_token=\(token)", headers: [.authorization: "\(prefix)\(token)"])
            #expect(answer.status == 401)
            let right = try await api.send(.get, "/v1/users/\(ada)", headers: [.authorization: "bEARER \(token)"])
            #expect(right.status == 200)
        }
    }

    @Test("A refused caller learns why: unknown, expired, revoked or ended")
    func reasons() async throws {
        try await withAPI { api in
            let tokens = try await Self.tokens(api)
            let expected: [MatrixCaller: String] = [
                .nothing: "missing_token", .garbage: "unknown_token", .unknownKey: "unknown_token",
                .unknownSession: "unknown_token", .expiredKey: "expired_token", .revokedKey: "revoked_token",
                .endedSession: "ended_session", .expiredSession: "expired_token",
                .sessionOfRevokedKey: "ended_session", .sessionOfInactiveUser: "ended_session",
                .sessionOfRemovedUser: "unknown_token",
            ]
            for (caller, code) in expected {
                #expect(try await api.send(.get, "/v1/me", as: tokens[caller])["code"] == code, "\(caller)")
            }
        }
    }

    /// What a mail to Ada about a ticket links to.
    private static func link(_ api: TestAPI) throws -> String {
        UnsubscribeToken(userID: try #require(UUID(uuidString: ada)), emailSwitch: .assignedTickets, eventID: 1)
            .encoded(signedBy: api.services.keyRing)
    }

    /// A token for each caller but the one who has none.
    private static func tokens(_ api: TestAPI) async throws -> [MatrixCaller: String] {
        let opener = try await api.key([.users])
        let lost = try await api.key([.users])
        let revoked = try await api.key()
        let expired = try await api.key(lifetime: .seconds(3_600))
        var tokens: [MatrixCaller: String] = [
            .garbage: "x", .unknownKey: AccessToken(for: .apiKey).text,
            .unknownSession: AccessToken(for: .session).text,
            .expiredKey: expired.token, .revokedKey: revoked.token,
            .user: try await api.session(of: ada, openedWith: opener),
            .otherUser: try await api.session(of: bob, openedWith: opener),
            .sessionOfRevokedKey: try await api.session(of: ada, openedWith: lost),
        ]
        for caller in MatrixCaller.allCases {
            if case .service(let scopes) = caller.kind { tokens[caller] = try await api.key(scopes).token }
        }
        try await api.revoke(lost)
        try await api.revoke(revoked)
        try await api.database.execute(
            "update notify.api_keys set expires_at = clock_timestamp() where id = \(expired.id)")

        let ended = try await api.session(of: ada, openedWith: opener)
        #expect(try await api.send(.delete, "/v1/me/session", as: ended).status == 204)
        tokens[.endedSession] = ended
        let old = try await api.session(of: bob, openedWith: opener)
        try await api.database.execute(
            """
            update notify.sessions set expires_at = clock_timestamp()
            where id = (select max(id) from notify.sessions)
            """)
        tokens[.expiredSession] = old
        for (caller, user) in [
            (MatrixCaller.sessionOfInactiveUser, cyd), (.sessionOfRemovedUser, nobody),
        ] {
            try await api.database.execute("select notify.upsert_user('\(user)', '\(user)@example.com', 'Gone')")
            tokens[caller] = try await api.session(of: user, openedWith: opener)
        }
        try await api.database.execute(
            "update notify.users set is_active = false where id = '\(cyd)'; select notify.remove_user('\(nobody)')")
        return tokens
    }
}
