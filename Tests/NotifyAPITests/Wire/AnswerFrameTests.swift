import Hummingbird
import NotifyCore
import TestSupport
import Testing

@testable import NotifyAPI

@Suite("What stands around every answer")
struct AnswerFrameTests {
    static let requests: [(HTTPRequest.Method, String, String?, status: Int)] = [
        (.get, "/healthz", nil, 200), (.head, "/healthz", nil, 200), (.get, "/nothing", nil, 404),
        (.get, "/v1/users/x/y/z", nil, 404), (.delete, "/healthz", nil, 405), (.get, "/v1/events", nil, 405),
        (.get, "/v1/me", nil, 401), (.post, "/v1/events", "{}", 401),
    ]

    @Test(
        "Every answer has an id, tells caches and browsers to keep off, and a problem says what is wrong",
        arguments: requests.indices)
    func frame(index: Int) async throws {
        let (method, path, body, status) = Self.requests[index]
        try await withAPI(APIConfiguration(isSecure: true)) { api in
            let answer = try await api.send(method, path, body)
            #expect(answer.status == status)
            #expect(answer.headers[.cacheControl] == "no-store")
            #expect(answer.headers[.xContentTypeOptions] == "nosniff")
            #expect(answer.headers[.contentSecurityPolicy] == "default-src 'none'; frame-ancestors 'none'")
            #expect(answer.headers[.strictTransportSecurity]?.hasPrefix("max-age=") == true)
            let id = try #require(answer.headers[.xRequestID])
            #expect(id.count == 16)
            guard status >= 400 else { return }
            #expect(answer.headers[.contentType] == "application/problem+json")
            #expect(answer["status"] == "\(status)")
            #expect(answer["request_id"] == id)
            #expect(answer["type"] == "about:blank")
            #expect(answer["title"]?.isEmpty == false)
            #expect(answer["detail"]?.isEmpty == false)
        }
    }

    @Test("Where the public address is not https, browsers are not told to insist on it")
    func plain() async throws {
        try await withAPI { api in
            let answer = try await api.send(.get, "/healthz")
            #expect(answer.headers[.strictTransportSecurity] == nil)
        }
    }

    @Test(
        "A caller's own request id is kept where it is sound, and replaced where not",
        arguments: [
            ("a-B_9.z", true), (String(repeating: "x", count: 64), true), (String(repeating: "x", count: 65), false),
            ("", false), ("a b", false), ("a\u{e9}", false), ("a\"b", false), ("a,b", false),
        ])
    func requestID(id: String, isKept: Bool) async throws {
        try await withAPI { api in
            let answer = try await api.send(.get, "/healthz", headers: [.xRequestID: id])
            #expect((answer.headers[.xRequestID] == id) == isKept)
        }
    }

    @Test("A path answers each method that it does not have with those that it has")
    func methods() async throws {
        try await withAPI { api in
            for (path, endpoints) in Dictionary(grouping: api.endpoints, by: \.path) {
                let path = path.replacing("{user_id}", with: ada).replacing("{organization_id}", with: acme)
                    .replacing("{event_id}", with: "1").replacing("{token}", with: "x")
                var allowed = Set(endpoints.map(\.method))
                if allowed.contains(.get) { allowed.insert(.head) }
                for method in [HTTPRequest.Method.get, .head, .post, .put, .patch, .delete, .options, .trace]
                where !allowed.contains(method) {
                    let answer = try await api.send(method, path)
                    #expect(
                        answer.outcome == (method == .head ? "405" : "405 method_not_allowed"), "\(method) \(path)")
                    #expect(answer.body.isEmpty == (method == .head))
                    #expect(answer.headers[.allow] == allowed.map(\.rawValue).sorted().joined(separator: ", "))
                }
            }
        }
    }

    @Test("HEAD answers as GET does, without the body")
    func head() async throws {
        try await withAPI { api in
            let token = try await api.session(of: ada)
            for path in ["/v1/me", "/v1/me/email-preferences", "/v1/me/notifications", "/readyz"] {
                let get = try await api.send(.get, path, as: token)
                let head = try await api.send(.head, path, as: token)
                #expect(head.status == get.status)
                #expect(head.body.isEmpty)
                #expect(head.headers[.contentLength] == "\(get.body.utf8.count)")
                #expect(head.headers[.eTag] == get.headers[.eTag])
            }
        }
    }

    @Test(
        "A path with something else in place of an id leads nowhere",
        arguments: [
            "/v1/users/x", "/v1/users/%00", "/v1/users/\(ada)%0A", "/v1/users/{\(ada)}", "/v1/users/%FF",
            "/v1/events/0",
            "/v1/events/-1", "/v1/events/1.0", "/v1/events/99999999999999999999", "/v1/events/%2B1", "/v1/events/01",
            "/v1/users/\(ada)/", "/v1/users/%2e%2e/\(ada)", "/V1/users/\(ada)", "//v1/users/\(ada)",
        ])
    func paths(path: String) async throws {
        try await withAPI { api in
            let token = try await api.key().token
            let answer = try await api.send(.get, path, as: token)
            // A slash at the end is no other path.
            #expect(answer.outcome == (path.hasSuffix("/") || path.hasPrefix("//") ? "200" : "404 not_found"))
        }
    }

    @Test("After 30 tokens that nobody has, the address waits; who was let in before and open routes go on")
    func throttled() async throws {
        try await withAPI { api in
            let session = try await api.session(of: ada)
            #expect(try await api.send(.get, "/v1/me", as: session).status == 200)
            let guess = AccessToken(for: .session).text
            var answer = try await api.send(.get, "/v1/me", as: guess)
            var failures = 0
            // More than 30 on a machine that is so slow that some are forgotten meanwhile.
            while answer.outcome == "401 unknown_token", failures < 1_000 {
                failures += 1
                answer = try await api.send(.get, "/v1/me", as: guess)
            }
            #expect(failures >= 30)
            #expect(answer.outcome == "429 too_many_failures")
            #expect(Int(answer.headers[.retryAfter] ?? "").map { (1...60).contains($0) } == true)
            #expect(try await api.send(.get, "/v1/me").outcome == "429 too_many_failures")
            #expect(try await api.send(.get, "/v1/me", as: session).status == 200)
            #expect(try await api.send(.get, "/healthz").status == 200)
        }
    }

    @Test("While the database is away, callers are told to try again, and health still answers")
    func databaseAway() async throws {
        try await withAPI { api in
            let token = try await api.key([.users]).token
            let path = "/v1/users/\(ada)/email-preferences"
            #expect(try await api.send(.get, path, as: token).status == 200)
            try await api.database.execute(
                """
                update pg_database set datallowconn = false where datname = current_database();
                select pg_terminate_backend(pid) from pg_stat_activity
                where datname = current_database() and pid <> pg_backend_pid()
                """)
            for _ in 1...3 {
                let answer = try await api.send(.get, path, as: token)
                #expect(answer.outcome == "503 unavailable")
                #expect(answer.headers[.retryAfter] == "1")
            }
            #expect(try await api.send(.get, "/healthz").status == 200)
        }
    }
}
