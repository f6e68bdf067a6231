import Foundation
import Hummingbird
import Logging
import NIOEmbedded
import NotifyCore
import PostgresClient
import Templates
import TestSupport

@testable import NotifyAPI

/// The real application over a database of its own, with no more rights there than `notify_api` has. Requests go
/// straight to its responder, without a socket.
struct TestAPI: Sendable {
    let database: TestDatabase
    let pool: ConnectionPool
    let services: APIServices
    let configuration: APIConfiguration
    var responder: RouterResponder<APIRequestContext>
    var logger = Logger.silent

    fileprivate init(_ database: TestDatabase, configuration: APIConfiguration, parts: [ReadinessPart]) throws {
        self.database = database
        self.configuration = configuration
        pool = ConnectionPool(
            "\(database.conninfo) options='-c role=notify_api'",
            configuration: .init(name: "test-api", size: 4, maximumWaiters: 1_024))
        services = APIServices(pool, keyRing: try KeyRing(parsing: TestAPI.key), pages: try TestAPI.pages)
        let application = buildApplication(
            configuration, services: services, readiness: { parts }, logger: .silent)
        responder = application.responder
    }

    var endpoints: [Endpoint] { Endpoint.all(services) { [] } }

    /// Sends one request. A body is sent as JSON unless the headers say otherwise.
    func send(
        _ method: HTTPRequest.Method, _ path: String, as token: String? = nil, _ body: String? = nil,
        headers: HTTPFields = [:]
    ) async throws -> Answer {
        var fields = headers
        if let token { fields[.authorization] = "Bearer \(token)" }
        if body != nil, fields[.contentType] == nil { fields[.contentType] = "application/json" }
        let request = Request(
            head: .init(method: method, scheme: "http", authority: "localhost", path: path, headerFields: fields),
            body: .init(buffer: ByteBuffer(string: body ?? "")))
        let context = APIRequestContext(source: .init(channel: EmbeddedChannel(), logger: logger))
        let response = try await responder.respond(to: request, context: context)
        let writer = CollectingWriter()
        try await response.body.write(writer)
        return Answer(status: response.status.code, headers: response.headers, body: writer.collected.text)
    }
}

extension TestAPI {
    /// A request with an answer of 6 MB, which no kernel takes at once.
    func largeFeedRequest() async throws -> String {
        try await database.execute(
            """
            insert into notify.notifications (event_id, user_id, kind, payload, visible_at)
            select n, '\(ada)', 'assigned_ticket', jsonb_build_object('preview', repeat('x', 60000)), now()
            from generate_series(1, 100) n
            """)
        let token = try await session(of: ada)
        return "GET /v1/me/notifications?limit=100 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(token)\r\n\r\n"
    }
}

/// What the API answered.
struct Answer: Sendable {
    let status: Int
    let headers: HTTPFields
    let body: String

    var object: [String: Any] {
        get throws {
            try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any] ?? [:]
        }
    }

    /// A member of the body that is a string, a number or a boolean, as text.
    subscript(_ name: String) -> String? {
        switch try? object[name] {
        case let text as String: text
        case let number as NSNumber: "\(number)"
        default: nil
        }
    }

    /// Status and `code` of a problem, such as `404 not_found`.
    var outcome: String { self["code"].map { "\(status) \($0)" } ?? "\(status)" }
}

/// Runs `body` with the API on a copy of the directory, and closes its connections afterwards.
func withAPI(
    _ configuration: APIConfiguration = APIConfiguration(), parts: [ReadinessPart] = [],
    _ body: (TestAPI) async throws -> Void
) async throws {
    try await withTestDatabase(.apiDirectory) { database in
        let api = try TestAPI(database, configuration: configuration, parts: parts)
        do {
            try await body(api)
        } catch {
            await api.pool.stop()
            throw error
        }
        await api.pool.stop()
    }
}

extension Logger {
    static var silent: Logger { Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }) }
}

/// Keeps what a response body writes.
private struct CollectingWriter: ResponseBodyWriter {
    final class Collected {
        var bytes: [UInt8] = []
        var text: String { String(decoding: bytes, as: UTF8.self) }
    }

    let collected = Collected()

    mutating func write(_ buffer: ByteBuffer) async throws {
        collected.bytes += buffer.readableBytesView
    }

    consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
}
