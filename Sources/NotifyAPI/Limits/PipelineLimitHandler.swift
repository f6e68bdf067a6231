import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Takes only so many requests of a connection ahead of their answers (RFC 9112 §9.3.2): a read from the socket brings
/// thousands of small ones, each of which would wait in memory for its turn, and they cannot be left unread one by one.
/// With one more it answers those that it took, ends its half and passes over the rest.
final class PipelineLimitHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart

    private let limit: Int
    private var openRequests = 0
    private var isOver = false

    /// - Parameter limit: Requests of one connection, the one that is being answered among them.
    init(limit: Int) {
        self.limit = limit
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .head = unwrapInboundIn(data) {
            if openRequests >= limit { isOver = true }
            if !isOver { openRequests += 1 }
        }
        if !isOver { context.fireChannelRead(data) }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .end = unwrapOutboundIn(data) else { return context.write(data, promise: promise) }
        openRequests -= 1
        guard isOver, openRequests == 0 else { return context.write(data, promise: promise) }
        // Its half only: closing what has octets unread resets the connection, and a reset takes answers with it.
        let isOut = promise ?? context.eventLoop.makePromise()
        isOut.futureResult.assumeIsolated().whenComplete { _ in context.close(mode: .output, promise: nil) }
        context.write(data, promise: isOut)
    }
}
