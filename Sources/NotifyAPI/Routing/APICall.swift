import Foundation
import Hummingbird
import NotifyCore

/// A request whose caller is known and may make it.
struct APICall: Sendable {
    let request: Request
    let context: APIRequestContext
    /// Nil where anyone may call.
    let caller: Caller?

    /// The user behind the session.
    var userID: UUID {
        get throws(Problem) {
            guard case .user(let id, _) = caller else { throw .notFound() }
            return id
        }
    }

    /// The service behind the API key.
    var apiKeyID: Int64 {
        get throws(Problem) {
            guard case .service(let id, _) = caller else { throw .notFound() }
            return id
        }
    }

    /// Who changes preferences here.
    var preferenceActor: PreferenceActor {
        get throws(Problem) {
            switch caller {
            case .service(let id, _): .service(apiKeyID: id)
            case .user(_, let id): .user(sessionID: id)
            case nil: throw .notFound()
            }
        }
    }

    func pathText(_ name: String) throws(Problem) -> String {
        guard let text = context.parameters.get(name)?.removingPercentEncoding else { throw .notFound() }
        return text
    }

    /// A path with something else in place of an id leads nowhere.
    func pathUUID(_ name: String) throws(Problem) -> UUID {
        guard let id = UUID(uuidString: try pathText(name)) else { throw .notFound() }
        return id
    }

    func pathID(_ name: String) throws(Problem) -> Int64 {
        guard let id = Int64(try pathText(name)), id > 0 else { throw .notFound() }
        return id
    }
}

extension APICall {
    /// The body's octets, at most 1 MiB, sent as JSON.
    func jsonBytes() async throws -> [UInt8] {
        let type = request.headers[.contentType]?.split(separator: ";").first
        guard type?.trimmingCharacters(in: .whitespaces).lowercased() == "application/json" else {
            throw Problem(
                status: .unsupportedMediaType, code: "unsupported_media_type",
                detail: "Send the body as application/json.", headers: [.accept: "application/json"])
        }
        let buffer = try await request.body.collect(upTo: RequestLimits.bodyBytes)
        return Array(buffer.readableBytesView)
    }

    func json() async throws -> JSONValue {
        let bytes = try await jsonBytes()
        do {
            return try JSONParser.parse(bytes)
        } catch {
            throw Problem(error)
        }
    }
}
