import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Tells a client to go on that waits for it (`Expect: 100-continue`, RFC 9110 §10.1.1), unless its body is too large
/// anyway: that answer is then the first it gets.
///
/// A request that came while an earlier one is still being answered is not told: the words would stand in the midst of
/// that answer, and clients go on by themselves after a while.
final class ContinueHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// Requests that came and are not answered.
    private var open = 0

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .head(let request) = unwrapInboundIn(data) {
            open += 1
            if open == 1, request.headerFields[.expect]?.lowercased() == "100-continue",
                request.headerFields[.contentLength].flatMap({ Int($0) }) ?? 0 <= RequestLimits.bodyBytes
            {
                context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
            }
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) { open -= 1 }
        context.write(data, promise: promise)
    }
}
