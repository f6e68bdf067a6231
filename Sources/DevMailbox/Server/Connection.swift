import Glibc
import NIOCore
import NIOSSL

/// One client's connection: octets in and out, TLS, and the rude ways to end. Used by its session's task alone.
final class Connection {
    typealias Inbound = NIOAsyncChannelInboundStream<ByteBuffer>

    private let channel: any Channel
    private var inbound: Inbound.AsyncIterator

    init(channel: any Channel, inbound: Inbound) {
        self.channel = channel
        self.inbound = inbound.makeAsyncIterator()
    }

    /// What came next, or nil when the client will send no more.
    func read() async throws -> ByteBuffer? {
        try await inbound.next()
    }

    func write(_ octets: [UInt8]) async throws {
        try await channel.writeAndFlush(ByteBuffer(bytes: octets)).get()
    }

    /// Sends `octets` in clear and starts TLS behind them, in one turn of the event loop: a client that is quick
    /// with its first handshake message must not find a pipeline that still reads clear text.
    func startTLS(_ context: NIOSSLContext, after octets: [UInt8]) async throws {
        let channel = self.channel
        try await channel.eventLoop
            .submit {
                channel.writeAndFlush(ByteBuffer(bytes: octets), promise: nil)
                try Self.addTLS(context, to: channel)
            }
            .get()
    }

    static func addTLS(_ context: NIOSSLContext, to channel: any Channel) throws {
        let handler = NIOSSLServerHandler(context: context)
        let outermost = try channel.pipeline.syncOperations.handler(type: OutermostHandler.self)
        try channel.pipeline.syncOperations.addHandler(handler, position: .after(outermost))
    }

    func halfClose() async throws {
        try await channel.close(mode: .output).get()
    }

    /// Closes at once, without a TLS farewell.
    func cut() async {
        let channel = self.channel
        _ = try? await channel.eventLoop
            .submit {
                try? channel.pipeline.syncOperations.context(handlerType: OutermostHandler.self).close(promise: nil)
            }
            .get()
    }

    /// Closes with a RST: SO_LINGER with a time of zero.
    func reset() async {
        if let socket = channel as? any SocketOptionProvider {
            try? await socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        }
        await cut()
    }
}

/// Tells when the connection stands. Its place at the socket's side of TLS is where `Connection.cut` closes.
final class OutermostHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    var onActive: () -> Void = {}

    func channelActive(context: ChannelHandlerContext) {
        context.fireChannelActive()
        onActive()
        onActive = {}
    }
}
