import Foundation
import Hummingbird
import Logging
import NIOEmbedded
import NotifyCore
import Testing

@testable import NotifyAPI

@Suite("Health")
struct HealthTests {
    @Test("/healthz answers 200 whatever the parts say", arguments: [HTTPRequest.Method.get, .head])
    func alive(method: HTTPRequest.Method) async throws {
        let answer = try await answer(method, "/healthz", parts: [.init(name: "relay", isReady: false, reason: "down")])
        #expect(answer.status == .ok)
        #expect(answer.headers[.cacheControl] == "no-store")
        #expect(answer.body == (method == .get ? #"{"status":"alive"}"# : ""))
    }

    @Test("/readyz answers 200 while every part is ready")
    func ready() async throws {
        let parts = [ReadinessPart(name: "database", isReady: true), ReadinessPart(name: "relay", isReady: true)]
        let answer = try await answer(.get, "/readyz", parts: parts)
        #expect(answer.status == .ok)
        #expect(answer.headers[.contentType] == "application/json")
        #expect(
            answer.body
                == #"{"parts":[{"name":"database","ready":true},{"name":"relay","ready":true}],"status":"ready"}"#)
    }

    @Test("/readyz answers 503 and says which part is not ready, and why")
    func notReady() async throws {
        let parts = [
            ReadinessPart(name: "database", isReady: true),
            ReadinessPart(name: "relay", isReady: false, reason: "mx:25: login refused"),
        ]
        let answer = try await answer(.get, "/readyz", parts: parts)
        #expect(answer.status == .serviceUnavailable)
        #expect(answer.body.contains(#"{"name":"relay","ready":false,"reason":"mx:25: login refused"}"#))
        #expect(answer.body.contains(#""status":"not_ready""#))
    }

    @Test("An unknown path is answered with problem details")
    func unknownPath() async throws {
        let answer = try await answer(.get, "/nothing", parts: [])
        #expect(answer.status == .notFound)
        #expect(answer.headers[.contentType] == "application/problem+json")
        #expect(answer.body == #"{"status":404,"title":"Not Found"}"#)
    }

    private func answer(
        _ method: HTTPRequest.Method, _ path: String, parts: [ReadinessPart]
    ) async throws -> (status: HTTPResponse.Status, headers: HTTPFields, body: String) {
        let request = Request(
            head: .init(method: method, scheme: "http", authority: "localhost", path: path),
            body: .init(buffer: ByteBuffer()))
        let context = APIRequestContext(
            source: .init(
                channel: EmbeddedChannel(), logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })))
        let response = try await buildRouter { parts }.buildResponder().respond(to: request, context: context)
        let writer = CollectingWriter()
        try await response.body.write(writer)
        return (response.status, response.headers, writer.collected.text)
    }
}

/// Keeps what a response body writes.
private struct CollectingWriter: ResponseBodyWriter {
    final class Collected {
        var text = ""
    }

    let collected = Collected()

    mutating func write(_ buffer: ByteBuffer) async throws {
        collected.text += String(buffer: buffer)
    }

    consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
}
