import Hummingbird
import NotifyCore
import Testing

@testable import NotifyAPI

@Suite("Health")
struct HealthTests {
    @Test("/healthz answers 200 whatever the parts say", arguments: [HTTPRequest.Method.get, .head])
    func alive(method: HTTPRequest.Method) async throws {
        try await withAPI(parts: [.init(name: "relay", isReady: false, reason: "down")]) { api in
            let answer = try await api.send(method, "/healthz")
            #expect(answer.status == 200)
            #expect(answer.body == (method == .get ? #"{"status":"alive"}"# : ""))
            #expect(answer.headers[.contentLength] == "18")
        }
    }

    @Test("/readyz answers 200 while every part is ready")
    func ready() async throws {
        try await withAPI(parts: [.init(name: "database", isReady: true)]) { api in
            let answer = try await api.send(.get, "/readyz")
            #expect(answer.status == 200)
            #expect(answer.headers[.contentType] == "application/json")
            #expect(answer.body == #"{"status":"ready","parts":[{"name":"database","ready":true,"reason":null}]}"#)
        }
    }

    @Test("/readyz answers 503 and says which part is not ready, and why")
    func notReady() async throws {
        let parts = [
            ReadinessPart(name: "database", isReady: true),
            ReadinessPart(name: "relay", isReady: false, reason: "mx:25: login refused"),
        ]
        try await withAPI(parts: parts) { api in
            let answer = try await api.send(.get, "/readyz")
            #expect(answer.status == 503)
            #expect(answer.body.contains(#"{"name":"relay","ready":false,"reason":"mx:25: login refused"}"#))
            #expect(answer["status"] == "not_ready")
        }
    }
}
