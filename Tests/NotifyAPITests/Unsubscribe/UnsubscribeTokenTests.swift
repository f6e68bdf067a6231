import HTTPTypes
import NotifyCore
import TestSupport
import Testing

@testable import NotifyAPI

@Suite("Tokens of unsubscribe links over HTTP", .timeLimit(.minutes(5)))
struct UnsubscribeTokenTests {
    @Test("Every key of the ring is good, one that left the ring is not")
    func ring() async throws {
        try await withAPI { api in
            let link = try TestAPI.link(for: ada, keys: TestAPI.otherKey)
            #expect(try await api.oneClick(link).status == 404)
            #expect(try await api.switchesOff().isEmpty)
            let rotated = try api.with(keys: "\(TestAPI.key),\(TestAPI.otherKey)")
            #expect(try await rotated.oneClick(link).status == 200)
            #expect(try await api.switchesOff() == ["assigned_tickets"])
        }
    }

    @Test("A token with any of its characters changed, cut or lengthened finds the same small page of 404")
    func tampered() async throws {
        try await withAPI { api in
            let link = try await api.link()
            let token = Array(link.dropFirst(3))
            var bad = ["", "x", "\(link.dropFirst(3))A", String(token.dropLast()), "%00", "..%2Fhealthz", "%ff"]
            for index in token.indices {
                var changed = token
                changed[index] = token[index] == "A" ? "B" : "A"
                bad.append(String(changed))
            }
            let before = try await api.contents()
            let page = try await api.send(.get, "/u/none").body
            for token in bad where !token.isEmpty {
                for answer in [try await api.send(.get, "/u/\(token)"), try await api.oneClick("/u/\(token)")] {
                    #expect(answer.status == 404, "\(token)")
                    #expect(answer.body == page, "\(token)")
                }
            }
            #expect(page.utf8.count < 4_096)
            #expect(try await api.contents() == before)
        }
    }

    @Test("A token is worthless as a bearer token")
    func bearer() async throws {
        try await withAPI { api in
            let token = String(try await api.link().dropFirst(3))
            let answer = try await api.send(.get, "/v1/me/email-preferences", as: token)
            #expect(answer.outcome == "401 unknown_token")
        }
    }

    @Test("No log line has the token, whatever becomes of the request")
    func logs() async throws {
        try await withAPI { api in
            let link = try await api.link()
            let lines = LogLines()
            let logged = try api.with(logger: lines.logger)
            #expect(try await logged.send(.get, link).status == 200)
            #expect(try await logged.oneClick(link).status == 200)
            #expect(try await logged.post(link, "x=y").status == 400)
            #expect(try await logged.send(.put, link).status == 405)
            #expect(try await logged.send(.get, link + "x").status == 404)
            #expect(try await logged.send(.get, link + "/x").status == 404)
            try await api.database.execute("alter table notify.users rename to users_away")
            #expect(try await logged.send(.get, link).status == 500)
            #expect(try await logged.oneClick(link).status == 500)
            let text = lines.text
            #expect(text.contains("/u/{token}"))
            #expect(text.contains("request failed"))
            #expect(!text.contains(link.dropFirst(3).prefix(20)))
            #expect(!text.contains("20000000-0000-4000"))
        }
    }
}
