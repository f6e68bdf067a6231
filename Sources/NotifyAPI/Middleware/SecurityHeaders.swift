import HTTPTypes
import Hummingbird

/// What every answer says to browsers and caches. A page that needs more of a browser sets its own policy.
struct SecurityHeaders: Sendable {
    private let fields: [(name: HTTPField.Name, value: String)]

    /// - Parameter isSecure: Whether the public address is https, which browsers are then told to stay with.
    init(isSecure: Bool) {
        var fields: [(HTTPField.Name, String)] = [
            (.xContentTypeOptions, "nosniff"),
            (.cacheControl, "no-store"),
            (.contentSecurityPolicy, "default-src 'none'; frame-ancestors 'none'"),
            (.referrerPolicy, "no-referrer"),
            (.xFrameOptions, "DENY"),
            (.crossOriginResourcePolicy, "same-origin"),
        ]
        if isSecure { fields.append((.strictTransportSecurity, "max-age=31536000")) }
        self.fields = fields
    }

    func add(to headers: inout HTTPFields) {
        for field in fields where headers[field.name] == nil { headers[field.name] = field.value }
    }
}
