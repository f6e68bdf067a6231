import Hummingbird
import Logging

/// Answers every error as problem details (RFC 9457). What went wrong inside is logged, not told.
struct ProblemMiddleware: RouterMiddleware {
    typealias Context = APIRequestContext

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPError {
            return Problem(status: error.status, detail: error.body).response(extraHeaders: error.headers)
        } catch let error as any HTTPResponseError {
            return Problem(status: error.status, detail: nil).response()
        } catch {
            context.logger.error("Request failed", error: error)
            return Problem(status: .internalServerError, detail: nil).response()
        }
    }
}

/// Problem details (RFC 9457 §3). `type` stays `about:blank`: the status says it all (§4.2.1).
struct Problem: Encodable {
    let title: String
    let status: Int
    let detail: String?

    init(status: HTTPResponse.Status, detail: String?) {
        title = status.reasonPhrase
        self.status = status.code
        self.detail = detail
    }

    func response(extraHeaders: HTTPFields = [:]) -> Response {
        var response = jsonResponse(.init(code: status), self, contentType: "application/problem+json")
        for field in extraHeaders { response.headers[field.name] = field.value }
        return response
    }
}
