import HTTPTypes
import Logging

extension Logger {
    /// The line that every answer gets. The route's pattern stands in it and not the path, which may hold a token, and
    /// neither query nor address.
    func answered(
        _ status: HTTPResponse.Status, method: String, route: String, after duration: Duration, requestID: String,
        caller: String = "anyone"
    ) {
        info(
            "request",
            metadata: [
                "method": .string(method), "route": .string(route), "status": .stringConvertible(status.code),
                "duration_ms": .stringConvertible(Int(duration / .milliseconds(1))), "request_id": .string(requestID),
                "caller": .string(caller),
            ])
    }
}
