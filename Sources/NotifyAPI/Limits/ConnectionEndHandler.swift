import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Lets a connection end only when its answers are with the kernel, and drops it when a stop has used up its grace.
///
/// The framework closes as soon as it has written the last part of an answer, and so would cut off what a slow reader has
/// not fetched. Only at a stop, and where the client has closed its half, does that come through here; what waits for
/// nobody, such as a client that is too slow, is closed by `SlowRequestHandler`, which stands nearer to the socket.
final class ConnectionEndHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart

    private let grace: StopGrace
    private let timeToFetch: TimeAmount
    private var answersUnderWay = 0
    private var heldCloses: [(mode: CloseMode, promise: EventLoopPromise<Void>?)] = []
    private var drop: Scheduled<Void>?
    /// From when the connection is to end: a client that reads no answer must not keep it for ever.
    private var patience: Scheduled<Void>?

    init(grace: StopGrace, timeToFetch: TimeAmount) {
        self.grace = grace
        self.timeToFetch = timeToFetch
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        cancel()
    }

    func channelInactive(context: ChannelHandlerContext) {
        cancel()
        context.fireChannelInactive()
    }

    private func cancel() {
        drop?.cancel()
        patience?.cancel()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // Better not begun than cut.
        if heldCloses.isEmpty { context.fireChannelRead(data) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent, drop == nil {
            drop = context.eventLoop.assumeIsolated()
                .scheduleTask(in: TimeAmount(grace.dropTime() - .now)) { context.close(promise: nil) }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .end = unwrapOutboundIn(data) else { return context.write(data, promise: promise) }
        answersUnderWay += 1
        let isOut = promise ?? context.eventLoop.makePromise()
        isOut.futureResult.assumeIsolated().whenComplete { _ in self.answerEnded(context) }
        context.write(data, promise: isOut)
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        if mode != .input, patience == nil {
            patience = context.eventLoop.assumeIsolated().scheduleTask(in: timeToFetch) { context.close(promise: nil) }
        }
        if answersUnderWay > 0, mode != .input {
            heldCloses.append((mode, promise))
        } else {
            context.close(mode: mode, promise: promise)
        }
    }

    private func answerEnded(_ context: ChannelHandlerContext) {
        answersUnderWay -= 1
        guard answersUnderWay == 0 else { return }
        let closes = heldCloses
        heldCloses = []
        for close in closes { context.close(mode: close.mode, promise: close.promise) }
    }
}
