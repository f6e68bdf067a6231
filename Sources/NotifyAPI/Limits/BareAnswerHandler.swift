import HTTPTypes
import HummingbirdCore
import NIOCore
import NIOHTTPTypes

/// Makes an answer like all others of the bare 400 with which the server meets what is not HTTP or has too many header
/// fields: it never comes to the router and its middleware.
final class BareAnswerHandler: ChannelOutboundHandler, RemovableChannelHandler {
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let securityHeaders: SecurityHeaders

    init(securityHeaders: SecurityHeaders) {
        self.securityHeaders = securityHeaders
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .head(let bare) = unwrapOutboundIn(data), bare.status == .badRequest,
            bare.headerFields[.xRequestID] == nil
        else { return context.write(data, promise: promise) }
        let problem = Problem(
            status: .badRequest, code: .badRequest,
            detail: "This is not HTTP, or its header fields are too many or too large.")
        let requestID = RequestID.random()
        var answer = problem.response(requestID: requestID).head
        answer.headerFields[.connection] = "close"
        answer.headerFields[.xRequestID] = requestID
        securityHeaders.add(to: &answer.headerFields)
        context.write(wrapOutboundOut(.head(answer)), promise: promise)
        let body = ByteBuffer(bytes: problem.body(requestID: requestID))
        context.write(wrapOutboundOut(.body(body)), promise: nil)
    }
}
