import Hummingbird
import NotifyCore
import TestSupport
import Testing

@testable import NotifyAPI

@Suite("Hostile bodies", .timeLimit(.minutes(5)))
struct HostileBodyTests {
    struct Target: Sendable, CustomTestStringConvertible {
        let method: HTTPRequest.Method
        let path: String
        /// With `VALUE` in place of one value.
        let body: String
        var testDescription: String { "\(path) \(body)" }

        init(_ method: HTTPRequest.Method, _ path: String, _ body: String) {
            self.method = method
            self.path = path
            self.body = body
        }
    }

    static let targets: [Target] = {
        var targets = [
            Target(.post, "/v1/events/cancel", #"{"dedupe_key":VALUE}"#),
            Target(.post, "/v1/events/cancel", #"{"dedupe_key":"k","user_id":VALUE}"#),
            Target(.put, "/v1/users/\(nobody)", #"{"email":VALUE}"#),
            Target(.put, "/v1/organizations/\(nobody)", #"{"name":VALUE}"#),
            Target(.put, "/v1/organizations/\(acme)/members/\(cyd)", #"{"role":VALUE}"#),
            Target(.patch, "/v1/users/\(ada)/email-preferences", #"{"switches":VALUE}"#),
            Target(.patch, "/v1/users/\(ada)/email-preferences", #"{"switches":{"assigned_tickets":VALUE}}"#),
            Target(.post, "/v1/users/\(ada)/sessions", #"{"lifetime_seconds":VALUE}"#),
            Target(.post, "/v1/me/notifications/read", #"{"up_to":VALUE}"#),
            Target(.post, "/v1/events", #"{"events":VALUE}"#),
        ]
        for name in ["display_name", "locale", "time_zone"] {
            targets.append(Target(.put, "/v1/users/\(nobody)", #"{"email":"new@example.com","\#(name)":VALUE}"#))
        }
        for name in ["kind", "user_id", "payload"] {
            let present = ["kind": "\"assigned_ticket\"", "user_id": "\"\(ada)\"", "payload": ticket]
                .map { "\"\($0)\":\($0 == name ? "VALUE" : $1)" }.joined(separator: ",")
            targets.append(Target(.post, "/v1/events", "{\(present)}"))
        }
        for name in ["organization_id", "dedupe_key", "send_at", "expires_at", "actor_id", "traceparent"] {
            targets.append(Target(.post, "/v1/events", event(for: ada, "\"\(name)\":VALUE")))
        }
        for name in ["subject", "url", "ticket_id", "priority", "due_at"] {
            let others = ["subject": "\"s\"", "url": "\"https://example.com\"", "ticket_id": "\"7\""]
                .filter { $0.key != name }.map { "\"\($0)\":\($1)" }.joined(separator: ",")
            targets.append(
                Target(
                    .post, "/v1/events",
                    #"{"kind":"assigned_ticket","user_id":"\#(ada)","payload":{\#(others),"\#(name)":VALUE}}"#))
        }
        return targets
    }()

    static let values: [String] = [
        "null", "true", "0", "-1", "1.5", "1e308", "1e309", "-1e999999", "1e-99999", "9223372036854775808",
        String(repeating: "9", count: 90), String(repeating: "9", count: 300_000), "[]", "{}",
        "[[[[[[[[[[[[]]]]]]]]]]]]", #"{"a":{"a":[null]}}"#, "\"\"", "\" \"",
        #""\u0000""#, #""a\u0000b""#, #""\ud800""#, #""\u0001\u001f\u007f\u0085""#,
        #""\u202e\u2066\ufeff\ufffe\uffff""#, "\"\u{10FFFF}\"",
        #""' or 1=1; --""#, #""\\x00""#, #""{\"a\":1}""#, #""%00""#, #""\r\nBcc: x@example.com""#,
        "\"\(String(repeating: "é", count: 10_001))\"", "\"\(String(repeating: "x", count: 300_000))\"",
        #""infinity""#, #""-infinity""#, #""now""#, #""294277-01-01T00:00:00Z""#, #""0000-01-01""#,
        #""2030-02-30T00:00:00Z""#, #""epoch""#, #""allballs""#,
        "\"00000000-0000-0000-0000-000000000000\"", "\"{\(ada)}\"", #""x@[127.0.0.1]""#, #""\"a b\"@example.com""#,
        "\"a@\(String(repeating: "b.", count: 200))c\"",
        "\u{FEFF}1", "tru", "01", "[1,]", "NaN", "",
    ]

    @Test("No value in any place is an error of the server's, and what is refused changes nothing", arguments: targets)
    func values(target: Target) async throws {
        try await withAPI { api in
            let service = try await api.key().token
            let token = target.path.hasPrefix("/v1/me") ? try await api.session(of: ada) : service
            var before = try await api.contents()
            for value in Self.values {
                let answer = try await api.send(
                    target.method, target.path, as: token, target.body.replacing("VALUE", with: value))
                let after = try await api.contents()
                if answer.status >= 400 {
                    #expect((400...422).contains(answer.status), "\(value.prefix(60)): \(answer.body)")
                    #expect(answer["code"] != nil, "\(value.prefix(60))")
                    #expect(after == before, "\(value.prefix(60))")
                }
                before = after
            }
        }
    }
}
