import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes

/// Makes an answer like all others, with its line in the log, of the bare 400 with which the server meets what is not HTTP
/// or has too many header fields: it never comes to the router and its middleware.
final class BareAnswerHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let securityHeaders: SecurityHeaders
    private let logger: Logger
    private var isCutShort = false

    init(securityHeaders: SecurityHeaders, logger: Logger) {
        self.securityHeaders = securityHeaders
        self.logger = logger
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if case HTTPParserError.invalidEOFState = error { isCutShort = true }
        context.fireErrorCaught(error)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .head(let bare) = unwrapOutboundIn(data), bare.status == .badRequest,
            bare.headerFields[.xRequestID] == nil
        else { return context.write(data, promise: promise) }
        let problem = Problem(
            status: .badRequest, code: .badRequest,
            detail: isCutShort
                ? "The request was cut short." : "This is not HTTP, or its header fields are too many or too large.")
        let requestID = RequestID.random()
        var answer = problem.response(requestID: requestID).head
        answer.headerFields[.connection] = "close"
        answer.headerFields[.xRequestID] = requestID
        securityHeaders.add(to: &answer.headerFields)
        context.write(wrapOutboundOut(.head(answer)), promise: promise)
        logger.answered(.badRequest, method: "unknown", route: "unknown", after: .zero, requestID: requestID)
        let body = ByteBuffer(bytes: problem.body(requestID: requestID))
        context.write(wrapOutboundOut(.body(body)), promise: nil)
    }
}
