import HTTPTypes
import Hummingbird
import NotifyCore

/// Lets a request through to its endpoint, or says why not. Asks the database each time: a revoked key is of no more use
/// from that moment on.
struct CallerCheck: Sendable {
    let register: CallerRegister
    let clients: ClientAddresses
    let throttle: FailureThrottle

    /// Nil where anyone may call; no token is looked at there.
    func caller(
        of request: Request, _ context: APIRequestContext, for access: Endpoint.Access
    ) async throws -> Caller? {
        if access == .anyone { return nil }
        let client = FailureThrottle.key(for: clients.address(of: request, from: context.peer))
        let text = Self.token(of: request)
        let token = text.flatMap { AccessToken(parsing: $0) }
        if let pause = throttle.pause(for: client, presenting: token) {
            throw Problem(
                status: .tooManyRequests, code: .tooManyFailures,
                detail: "Too many requests with tokens that nobody has came from this address.",
                headers: [.retryAfter: "\(pause.components.seconds + 1)"])
        }
        guard text != nil else {
            throw Self.unauthorized(
                .missingToken, "Send a token: “Authorization: Bearer …”.", challenge: #"Bearer realm="notify""#)
        }
        let finding: Result<Caller, TokenRefusal> =
            if let token {
                try await register.caller(presenting: token)
            } else {
                .failure(.unknown)
            }
        switch finding {
        case .success(let caller):
            if let token { throttle.succeeded(token) }
            context.caller.value = caller
            try Self.check(caller, may: access)
            return caller
        case .failure(let refusal):
            if refusal == .unknown { throttle.failed(client, presenting: token) }
            throw Self.problem(refusal)
        }
    }

    /// Of `Authorization: Bearer TOKEN` (RFC 6750 §2.1); never of the query, which ends up in logs.
    private static func token(of request: Request) -> Substring? {
        guard let field = request.headers[.authorization] else { return nil }
        let parts = field.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return parts[1]
    }

    private static func check(_ caller: Caller, may access: Endpoint.Access) throws(Problem) {
        switch (access, caller) {
        case (.anyone, _), (.user, .user): return
        case (.service(let scope), .service(_, let scopes)):
            guard !scopes.contains(scope) else { return }
            throw Problem(
                status: .forbidden, code: .missingScope, detail: "This key lacks the scope “\(scope.rawValue)”.")
        case (.service, .user):
            throw Problem(status: .forbidden, code: .notForUsers, detail: "This needs an API key, not a session.")
        case (.user, .service):
            throw Problem(status: .forbidden, code: .notForServices, detail: "This needs a user's session.")
        }
    }

    private static func problem(_ refusal: TokenRefusal) -> Problem {
        let (code, detail): (ProblemCode, String) =
            switch refusal {
            case .unknown: (.unknownToken, "Nobody has this token.")
            case .expired: (.expiredToken, "This token has expired.")
            case .revoked: (.revokedToken, "This API key was revoked.")
            case .ended: (.endedSession, "This session was ended.")
            }
        return unauthorized(code, detail, challenge: #"Bearer realm="notify", error="invalid_token""#)
    }

    private static func unauthorized(_ code: ProblemCode, _ detail: String, challenge: String) -> Problem {
        Problem(status: .unauthorized, code: code, detail: detail, headers: [.wwwAuthenticate: challenge])
    }
}

extension Caller {
    /// For log lines: which key or session, and not whose.
    var logText: String {
        switch self {
        case .service(let id, _): "api_key \(id)"
        case .user(_, let id): "session \(id)"
        }
    }
}
