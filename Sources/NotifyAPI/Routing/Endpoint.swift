import Hummingbird
import NotifyCore

/// One method on one path: who may call it, and what it does.
///
/// All of them stand in `Endpoint.all`; tests hold that list against `openapi.yaml` and against the matrix of callers.
struct Endpoint: Sendable {
    enum Access: Sendable, Hashable {
        /// No token is looked at.
        case anyone
        /// An API key with this scope.
        case service(APIKeyScope)
        /// A session.
        case user
    }

    let method: HTTPRequest.Method
    /// With parameters in braces, as in `openapi.yaml`: `/v1/users/{user_id}`.
    let path: String
    let access: Access
    /// Behind the `?`; any other is refused, but where anyone may call: others add theirs to links in mails.
    let parameters: Set<String>
    let respond: @Sendable (APICall) async throws -> Response

    init(
        _ method: HTTPRequest.Method, _ path: String, _ access: Access, parameters: Set<String> = [],
        respond: @escaping @Sendable (APICall) async throws -> Response
    ) {
        self.method = method
        self.path = path
        self.access = access
        self.parameters = parameters
        self.respond = respond
    }
}

extension Router where Context == APIRequestContext {
    /// Adds the endpoints, and to each path an answer for the methods that it does not have.
    func add(_ endpoints: [Endpoint], callers: CallerCheck) {
        for endpoint in endpoints {
            on(RouterPath(endpoint.path), method: endpoint.method) { request, context in
                let checkedAt = ContinuousClock.now
                let caller = try await callers.caller(of: request, context, for: endpoint.access)
                let query = endpoint.access == .anyone ? Query() : try Query(request, allowing: endpoint.parameters)
                return try await endpoint.respond(
                    APICall(
                        request: request, context: context, caller: caller, query: query,
                        recheck: { _ = try await callers.caller(of: request, context, for: endpoint.access) },
                        checkedAt: checkedAt))
            }
        }
        for (path, group) in Dictionary(grouping: endpoints, by: \.path) {
            var methods = Set(group.map(\.method))
            if methods.contains(.get) { methods.insert(.head) }
            let allowed = methods.map(\.rawValue).sorted().joined(separator: ", ")
            for method in Self.usualMethods where !methods.contains(method) {
                on(RouterPath(path), method: method) { _, _ -> Response in
                    throw Problem(
                        status: .methodNotAllowed, code: .methodNotAllowed,
                        detail: "This path takes \(allowed).", headers: [.allow: allowed])
                }
            }
        }
    }

    /// Those of RFC 9110, PATCH and QUERY. A path has no answer but 404 for a method that is none of them.
    private static var usualMethods: [HTTPRequest.Method] {
        [.get, .head, .post, .put, .patch, .delete, .options, .trace, .connect] + [.init("QUERY")].compactMap(\.self)
    }
}
