import HummingbirdCore

/// What one request may cost before anything is known about its sender.
enum RequestLimits {
    /// A payload is at most 64 KiB; twice that leaves room for JSON escapes and the other fields of a request.
    static let bodyBytes = 131_072

    /// 100 fields of together 32 KiB: over what browsers and proxies send, far below what fills memory.
    static var decoder: HTTP1Channel.Configuration.DecoderConfiguration {
        .init(maxHeaderFieldSize: 16_384, maxHeaderListSize: 32_768, maxHeaderFieldCount: 100)
    }
}
