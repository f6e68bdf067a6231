import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOHTTP1
import PostgresClient

/// What stands around every request: its id, errors as problem details, security headers, one log line.
struct RequestFrame: RouterMiddleware {
    typealias Context = APIRequestContext

    let securityHeaders: SecurityHeaders
    /// Without the number that the framework gives a request: its id here is one that its sender knows.
    let logger: Logger

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        let start = ContinuousClock.now
        var context = context
        context.requestID = RequestID.make(for: request)
        var response: Response
        do {
            response = try await next(request, context)
        } catch let error as HTTPParserError {
            // For the server, which answers what is no HTTP, where anybody still listens.
            throw error
        } catch {
            response = problem(for: error, context).response(requestID: context.requestID)
            // The router makes only answers of routes fit for it.
            if request.method == .head { response = response.createHeadResponse() }
        }
        securityHeaders.add(to: &response.headers)
        response.headers[.xRequestID] = context.requestID
        logger.answered(
            response.status, method: request.method.rawValue, route: context.endpointPath ?? "NotFound",
            after: .now - start, requestID: context.requestID, caller: context.caller.value?.logText ?? "anyone")
        return response
    }

    private func problem(for error: any Error, _ context: Context) -> Problem {
        switch error {
        case let problem as Problem: return problem
        case let error as PostgresError:
            if let problem = Problem(error) {
                if problem.status.code >= 500 { warn(error, context) }
                return problem
            }
        case let error as any HTTPResponseError:
            switch error.status {
            case .notFound: return .notFound()
            case let status: return Problem(status: status, code: .badRequest, detail: "The request cannot be taken.")
            }
        default: break
        }
        warn(error, context)
        return Problem(
            status: .internalServerError, code: .internalError,
            detail: "Something went wrong here. The log has it under the request's id.")
    }

    private func warn(_ error: any Error, _ context: Context) {
        logger.error(
            "request failed",
            metadata: [
                // What an error of others says of itself may hold a token.
                "request_id": "\(context.requestID)",
                "error": "\((error as? PostgresError)?.description ?? "\(type(of: error))")",
            ])
    }
}
