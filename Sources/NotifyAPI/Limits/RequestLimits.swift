import HummingbirdCore

/// What one request may cost before anything is known about its sender.
enum RequestLimits {
    /// A batch of 1,000 usual events is half of it.
    static let bodyBytes = 1_048_576
    /// For what is no batch of events.
    static let smallBodyBytes = 65_536

    /// Of one connection that do not have their answer yet.
    static let pipelinedRequests = 64

    /// 100 fields of at most 16 KiB each, 32 KiB together: over what browsers and proxies send, far below what fills
    /// memory.
    static var decoder: HTTP1Channel.Configuration.DecoderConfiguration {
        .init(maxHeaderFieldSize: 16_384, maxHeaderListSize: 32_768, maxHeaderFieldCount: 100)
    }
}
