import Foundation
import Hummingbird
import NIOCore
import NIOHTTP1
import NotifyCore

/// A request whose caller is known and may make it.
struct APICall: Sendable {
    let request: Request
    let context: APIRequestContext
    /// Nil where anyone may call.
    let caller: Caller?
    let query: Query
    /// Asks again who the caller is: throws where the token has been revoked meanwhile.
    let recheck: @Sendable () async throws -> Void
    /// When that was last known.
    let checkedAt: ContinuousClock.Instant

    private static let checkLasts = Duration.milliseconds(100)

    /// The user behind the session, and which session that is; only for endpoints that take sessions alone.
    var session: (userID: UUID, id: Int64) {
        guard case .user(let userID, let id) = caller else {
            preconditionFailure("\(context.endpointPath ?? "an endpoint") needs a session and lets others in")
        }
        return (userID, id)
    }

    var userID: UUID { session.userID }

    /// The service behind the API key; only for endpoints that take keys alone.
    var apiKeyID: Int64 {
        guard case .service(let id, _) = caller else {
            preconditionFailure("\(context.endpointPath ?? "an endpoint") needs an API key and lets others in")
        }
        return id
    }

    /// Who changes preferences here; only for endpoints that need a token.
    var preferenceActor: PreferenceActor {
        switch caller {
        case .service(let id, _): .service(apiKeyID: id)
        case .user(_, let id): .user(sessionID: id)
        case nil: preconditionFailure("\(context.endpointPath ?? "an endpoint") needs a token and lets anyone in")
        }
    }

    func pathText(_ name: String) throws(Problem) -> String {
        guard let text = context.parameters.get(name) else { throw .notFound() }
        guard text.utf8.contains(UInt8(ascii: "%")) else { return text }
        guard let decoded = text.removingPercentEncoding else { throw .notFound() }
        return decoded
    }

    /// A path with something else in place of an id leads nowhere.
    func pathUUID(_ name: String) throws(Problem) -> UUID {
        guard let id = UUID(canonical: try pathText(name)) else { throw .notFound() }
        return id
    }

    func pathID(_ name: String) throws(Problem) -> Int64 {
        let text = try pathText(name)
        guard let id = Int64(text), id > 0, text == String(id) else { throw .notFound() }
        return id
    }
}

extension APICall {
    /// The body's octets, sent as JSON.
    func jsonBytes(upTo limit: Int = RequestLimits.bodyBytes) async throws -> [UInt8] {
        guard sendsJSON else { throw Self.notJSON }
        return try await body(upTo: limit)
    }

    func json() async throws -> JSONValue {
        try Self.parse(try await jsonBytes(upTo: RequestLimits.smallBodyBytes))
    }

    /// Nil where there is no body. One that is not said to be JSON is refused, not passed over: the caller meant something.
    func optionalJSON() async throws -> JSONValue? {
        let octets = try await body(upTo: RequestLimits.smallBodyBytes)
        guard !octets.isEmpty else { return nil }
        guard sendsJSON else { throw Self.notJSON }
        return try Self.parse(octets)
    }

    private var sendsJSON: Bool {
        let type = request.headers[.contentType]?.split(separator: ";").first
        return type?.trimmingFieldSpace().lowercased() == "application/json"
    }

    /// The whole body. A length that is too large is refused before anything is read: the sender may still be waiting for
    /// `100 Continue`.
    func body(upTo limit: Int) async throws -> [UInt8] {
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limit {
            throw Problem.bodyTooLarge(limit)
        }
        guard ["identity", nil].contains(request.headers[.contentEncoding]?.lowercased()) else {
            throw Problem(
                status: .unsupportedMediaType, code: .unsupportedMediaType,
                detail: "Send the body as it is, without Content-Encoding.", headers: [.acceptEncoding: "identity"])
        }
        let body = try await wholeBody(upTo: limit)
        // A body that takes its time must not outlive its sender's token.
        if .now - checkedAt > Self.checkLasts { try await recheck() }
        return body
    }

    private func wholeBody(upTo limit: Int) async throws -> [UInt8] {
        do {
            return Array(try await request.body.collect(upTo: limit).readableBytesView)
        } catch is NIOTooManyBytesError {
            throw Problem.bodyTooLarge(limit)
        } catch let error as HTTPParserError {
            throw error
        } catch {
            throw Problem(status: .badRequest, code: .badRequest, detail: "The body was cut short.")
        }
    }

    private static func parse(_ octets: [UInt8]) throws(Problem) -> JSONValue {
        do {
            return try JSONParser.parse(octets)
        } catch {
            throw Problem(error)
        }
    }

    private static var notJSON: Problem {
        Problem(
            status: .unsupportedMediaType, code: .unsupportedMediaType,
            detail: "Send the body as application/json.", headers: [.accept: "application/json"])
    }
}
