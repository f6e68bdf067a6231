package import Hummingbird
import HummingbirdCore
package import Logging
import NIOCore
package import NotifyCore
package import PostgresClient

/// Where the API listens and what it takes from one caller.
package struct APIConfiguration: Sendable {
    package var host: String
    /// 0 takes a free port; `onServerRunning` tells which.
    package var port: Int
    /// Beyond these, connections wait in the kernel's queue: the API shares its process with the worker.
    package var maximumConnections: Int
    /// Proxies whose `X-Forwarded-For` is believed.
    package var trustedProxies: [AddressRange]
    /// Whether the public address of the service is https.
    package var isSecure: Bool
    /// From the opening of a connection, or the end of the answer before, to the last octet of a request.
    package var requestTime: Duration
    /// Shared with what stops before the API.
    package var stopGrace: StopGrace

    package init(
        host: String = "127.0.0.1", port: Int = 8080, maximumConnections: Int = 1_000,
        trustedProxies: [AddressRange] = [], isSecure: Bool = false, requestTime: Duration = .seconds(30),
        stopGrace: StopGrace = StopGrace(.seconds(25))
    ) {
        self.host = host
        self.port = port
        self.maximumConnections = maximumConnections
        self.trustedProxies = trustedProxies
        self.isSecure = isSecure
        self.requestTime = requestTime
        self.stopGrace = stopGrace
    }
}

/// What the endpoints work with, over one pool of connections.
package struct APIServices: Sendable {
    let callers: CallerRegister
    let sessions: SessionStore
    let preferences: PreferenceStore
    let unsubscribe: UnsubscribeStore
    let feed: FeedStore
    let directory: DirectoryStore
    let events: EventIntake
    let keyRing: KeyRing
    let pages: SignedOutPages

    package init(_ pool: ConnectionPool, keyRing: KeyRing, pages: SignedOutPages) {
        callers = CallerRegister(pool)
        sessions = SessionStore(pool)
        preferences = PreferenceStore(pool)
        unsubscribe = UnsubscribeStore(pool, preferences: preferences)
        feed = FeedStore(pool)
        directory = DirectoryStore(pool)
        events = EventIntake(pool)
        self.keyRing = keyRing
        self.pages = pages
    }
}

/// The HTTP API as a service: it ends gracefully, with its open requests answered, when its group does. Connections that
/// are still open when the grace is over are dropped then.
///
/// - Parameters:
///   - readiness: Read on every `/readyz`; must answer from memory, not ask the database.
///   - onServerRunning: Called once with the port that it listens on.
package func buildApplication(
    _ configuration: APIConfiguration, services: APIServices,
    readiness: @escaping @Sendable () async -> [ReadinessPart], logger: Logger,
    onServerRunning: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
) -> Application<RouterResponder<APIRequestContext>> {
    // What the framework has to tell, such as that it listens, stands in a line of our own.
    var frameworkLogger = logger
    frameworkLogger.logLevel = max(logger.logLevel, .notice)
    let server = HTTP1Channel.Configuration(
        additionalChannelHandlers: [
            BareAnswerHandler(securityHeaders: SecurityHeaders(isSecure: configuration.isSecure), logger: logger),
            // Before all that count: what it passes over is none of their business.
            PipelineLimitHandler(limit: RequestLimits.pipelinedRequests), ContinueHandler(),
            SlowRequestHandler(limit: TimeAmount(configuration.requestTime)),
            ConnectionEndHandler(
                grace: configuration.stopGrace,
                timeToFetch: TimeAmount(configuration.requestTime) * SlowRequestHandler.turnsToFetch),
        ],
        httpDecoderConfiguration: RequestLimits.decoder)
    let router = buildRouter(
        Endpoint.all(services, readiness: readiness), configuration: configuration, services: services, logger: logger)
    return Application(
        router: router, server: .http1(configuration: server),
        configuration: .init(
            address: .hostname(configuration.host, port: configuration.port), serverName: "notify-worker",
            availableConnectionsDelegate: .maximum(configuration.maximumConnections, logger: logger)),
        onServerRunning: { channel in await onServerRunning(channel.localAddress?.port ?? configuration.port) },
        logger: frameworkLogger)
}

/// The endpoints with what stands around each request.
func buildRouter(
    _ endpoints: [Endpoint], configuration: APIConfiguration, services: APIServices, logger: Logger
) -> Router<APIRequestContext> {
    let router = Router(context: APIRequestContext.self, options: .autoGenerateHeadEndpoints)
    router.add(
        middleware: RequestFrame(
            securityHeaders: SecurityHeaders(isSecure: configuration.isSecure), logger: logger))
    let clients = ClientAddresses(trusting: configuration.trustedProxies)
    router.add(
        endpoints,
        callers: CallerCheck(register: services.callers, clients: clients, throttle: FailureThrottle()))
    return router
}

extension Endpoint {
    /// Every route that there is.
    static func all(
        _ services: APIServices, readiness: @escaping @Sendable () async -> [ReadinessPart]
    ) -> [Endpoint] {
        HealthEndpoints(readiness: readiness).all + EventEndpoints(intake: services.events).all
            + UserEndpoints(store: services.directory).all + OrganizationEndpoints(store: services.directory).all
            + PreferenceEndpoints(store: services.preferences).all + SessionEndpoints(store: services.sessions).all
            + FeedEndpoints(store: services.feed).all
            + SignedOutEndpoints(store: services.unsubscribe, keyRing: services.keyRing, pages: services.pages).all
            + [.description]
    }
}
