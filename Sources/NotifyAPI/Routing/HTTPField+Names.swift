import HTTPTypes

/// Names that swift-http-types does not have.
extension HTTPField.Name {
    static let idempotencyKey = name("Idempotency-Key")
    static let idempotentReplayed = name("Idempotent-Replayed")
    static let traceparent = name("traceparent")
    static let xForwardedFor = name("X-Forwarded-For")
    static let xRequestID = name("X-Request-Id")

    static let crossOriginResourcePolicy = name("Cross-Origin-Resource-Policy")
    static let referrerPolicy = name("Referrer-Policy")
    static let xFrameOptions = name("X-Frame-Options")
    static let xRobotsTag = name("X-Robots-Tag")

    private static func name(_ text: StaticString) -> Self {
        guard let name = Self("\(text)") else { preconditionFailure("“\(text)” cannot be the name of a header field") }
        return name
    }
}
