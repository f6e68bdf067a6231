import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Closes a connection whose request does not come whole in time, however lively its octets trickle in. A connection
/// kept open between two requests is closed after the same time, and an answer has ten times as long to be fetched.
final class SlowRequestHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart

    static let turnsToFetch = 10

    private let limit: TimeAmount
    private var deadline: Scheduled<Void>?
    /// Whole requests less answers. Negative where an answer did not wait for the end of its request.
    private var unanswered = 0
    private var answersUnderWay = 0
    private var turnsLeft = turnsToFetch

    init(limit: TimeAmount) {
        self.limit = limit
    }

    func handlerAdded(context: ChannelHandlerContext) {
        start(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        deadline?.cancel()
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .end = unwrapInboundIn(data) {
            unanswered += 1
            // With none to answer, the time of the one whose answer went ahead runs on for the next.
            if unanswered > 0 { deadline?.cancel() }
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .end = unwrapOutboundIn(data) else { return context.write(data, promise: promise) }
        unanswered -= 1
        answersUnderWay += 1
        if unanswered <= 0 { start(context) }
        let isOut = promise ?? context.eventLoop.makePromise()
        isOut.futureResult.assumeIsolated().whenComplete { _ in self.answersUnderWay -= 1 }
        context.write(data, promise: isOut)
    }

    private func start(_ context: ChannelHandlerContext) {
        turnsLeft = Self.turnsToFetch
        schedule(context)
    }

    private func schedule(_ context: ChannelHandlerContext) {
        deadline?.cancel()
        deadline = context.eventLoop.assumeIsolated()
            .scheduleTask(in: limit) {
                self.turnsLeft -= 1
                if self.answersUnderWay > 0, self.turnsLeft > 0 {
                    self.schedule(context)
                } else {
                    context.close(promise: nil)
                }
            }
    }
}
