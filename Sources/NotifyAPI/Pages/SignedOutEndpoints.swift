import Hummingbird
import NotifyCore
import PostgresClient
import Templates

/// What mails link to, for people who are not signed in. The token of an unsubscribe link is good for its one switch and
/// for nothing else; the page of all settings needs a sign-in, so here it only says where that is.
struct SignedOutEndpoints {
    let store: UnsubscribeStore
    let keyRing: KeyRing
    let pages: SignedOutPages

    var all: [Endpoint] {
        [
            Endpoint(.get, "/u/{token}", .anyone) { [self] call in try await readable(call, show) },
            Endpoint(.post, "/u/{token}", .anyone) { [self] call in try await readable(call, act) },
            Endpoint(.get, "/preferences", .anyone) { [pages] call in
                pages.response(.ok, WebPageRequest(page: .preferences, locales: call.acceptedLanguages))
            },
        ]
    }

    /// People read what comes of this, also when the database cannot be asked.
    private func readable(
        _ call: APICall, _ respond: (APICall) async throws -> Response
    ) async throws -> Response {
        do {
            return try await respond(call)
        } catch let error as PostgresError {
            guard let problem = Problem(error), problem.status == .serviceUnavailable else { throw error }
            var response = pages.response(
                .serviceUnavailable, WebPageRequest(page: .unavailable, locales: call.acceptedLanguages))
            response.headers[.retryAfter] = "1"
            return response
        }
    }

    /// Changes nothing: programs that look for bad links in mails follow every one.
    private func show(_ call: APICall) async throws -> Response {
        guard let token = token(of: call) else { return unknownLink(call) }
        return pages.response(.ok, try await page(for: token, call))
    }

    /// A mail program shows its reader nothing of the answer; that it gets the same page saves a case.
    private func act(_ call: APICall) async throws -> Response {
        guard let token = token(of: call) else { return unknownLink(call) }
        switch try UnsubscribeForm(try await call.form(upTo: UnsubscribeForm.limit)) {
        case .turnOff:
            try await store.unsubscribe(token)
            return pages.response(.ok, try await page(for: token, call))
        case .undo:
            _ = try await store.undo(token)
            var request = try await page(for: token, call)
            // On by this button or by something else meanwhile: what was wished for is so.
            let isRefused = request.page == .unsubscribed
            request.page = isRefused ? .tooLate : request.page == .unsubscribe ? .undone : request.page
            return pages.response(isRefused ? .conflict : .ok, request)
        }
    }

    private func token(of call: APICall) -> UnsubscribeToken? {
        (try? call.pathText("token")).flatMap { UnsubscribeToken(verifying: $0, with: keyRing) }
    }

    /// The same for whatever the ring did not sign.
    private func unknownLink(_ call: APICall) -> Response {
        pages.response(.notFound, WebPageRequest(page: .unknownLink, locales: call.acceptedLanguages))
    }

    /// The page for how the switch stands now.
    private func page(for token: UnsubscribeToken, _ call: APICall) async throws -> WebPageRequest {
        guard let state = try await store.page(for: token) else {
            return WebPageRequest(page: .gone, locales: call.acceptedLanguages)
        }
        let kind = EventKind.allCases.first { $0.emailSwitch == token.emailSwitch }
        return WebPageRequest(
            page: state.isEnabled ? .unsubscribe : .unsubscribed, locales: [state.locale] + call.acceptedLanguages,
            kind: kind?.rawValue, organizationName: state.organizationName, mayUndo: state.mayUndo)
    }
}

extension APICall {
    fileprivate var acceptedLanguages: [String] { AcceptedLanguages.tags(in: request.headers[values: .acceptLanguage]) }
}
