import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Closes a connection that asks for much more before it has its answers (RFC 9112 §9.3.2): a read from the socket brings
/// hundreds of small requests, each of which would wait in memory for its turn.
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
            openRequests += 1
            if openRequests > limit, !isOver {
                isOver = true
                context.close(promise: nil)
            }
        }
        if !isOver { context.fireChannelRead(data) }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) { openRequests -= 1 }
        context.write(data, promise: promise)
    }
}
