import NIOCore
import NIOPosix
import NIOSSL

/// Listens and runs one `Session` for each connection, until it is closed.
struct SMTPServer {
    private typealias Child = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    private let listener: any Channel
    /// Those that came, each until its session's task has it: an async channel that nobody closes ends the program.
    private let clients: (stream: AsyncStream<Child>, continuation: AsyncStream<Child>.Continuation)
    private let tls: NIOSSLContext?
    private let configuration: MailboxConfiguration
    private let record: MailboxRecord
    private let script: FaultScript

    let port: Int

    static func bind(
        port: Int,
        configuration: MailboxConfiguration,
        record: MailboxRecord,
        script: FaultScript
    ) async throws -> SMTPServer {
        let tls = try configuration.encryption.identity.map(Self.context)
        let isImplicit = if case .implicit = configuration.encryption { true } else { false }
        let clients = AsyncStream.makeStream(of: Child.self)
        let listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let outermost = OutermostHandler()
                    try channel.pipeline.syncOperations.addHandler(outermost)
                    let child = try Child(
                        wrappingChannelSynchronously: channel,
                        configuration: .init(isOutboundHalfClosureEnabled: true)
                    )
                    if isImplicit, let tls { try Connection.addTLS(tls, to: channel) }
                    outermost.onActive = { admit(child, to: clients.continuation) }
                }
            }
            .bind(host: MailboxConfiguration.host, port: port)
            .get()
        guard let port = listener.localAddress?.port else { throw ChannelError.unknownLocalAddress }
        return SMTPServer(
            listener: listener,
            clients: clients,
            tls: tls,
            configuration: configuration,
            record: record,
            script: script,
            port: port
        )
    }

    private static func admit(_ client: Child, to clients: AsyncStream<Child>.Continuation) {
        guard case .enqueued = clients.yield(client) else {
            Task { try? await client.executeThenClose { _, _ in } }
            return
        }
    }

    /// Returns when the listener and all sessions are closed.
    func run() async {
        await withDiscardingTaskGroup { group in
            for await client in clients.stream {
                group.addTask { await serve(client) }
            }
            group.cancelAll()
        }
    }

    /// Takes nobody any more, and has `run` end its sessions and return.
    func close() async {
        try? await listener.close()
        clients.continuation.finish()
    }

    private func serve(_ client: Child) async {
        let id = record.beginSession()
        defer { record.endSession(id) }
        do {
            try await client.executeThenClose { inbound, _ in
                let connection = Connection(channel: client.channel, inbound: inbound)
                let session = Session(
                    id: id,
                    connection: connection,
                    tls: tls,
                    configuration: configuration,
                    record: record,
                    script: script
                )
                do {
                    try await session.run()
                } catch {
                    record.note(.note, "ended: \(error)", session: id)
                    await connection.cut()
                }
            }
        } catch {
            record.note(.note, "closed: \(error)", session: id)
        }
    }

    private static func context(_ identity: TLSIdentity) throws -> NIOSSLContext {
        var settings = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(identity.certificateChainFile)
                .map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: identity.keyFile, format: .pem))
        )
        settings.minimumTLSVersion = .tlsv1
        settings.maximumTLSVersion =
            switch identity.newestVersion {
            case .tls1: .tlsv1
            case .tls11: .tlsv11
            case .tls12: .tlsv12
            case .tls13: .tlsv13
            }
        return try NIOSSLContext(configuration: settings)
    }
}

extension MailboxConfiguration.Encryption {
    fileprivate var identity: TLSIdentity? {
        switch self {
        case .off: nil
        case .startTLS(let identity), .implicit(let identity): identity
        }
    }
}
