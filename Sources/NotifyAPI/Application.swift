package import Hummingbird
import HummingbirdCore
package import Logging
import NIOCore
package import NotifyCore

/// Where the API listens and what it takes from one caller.
package struct APIConfiguration: Sendable {
    package var host: String
    /// 0 takes a free port; `onServerRunning` tells which.
    package var port: Int
    /// Beyond these, connections wait in the kernel's queue: the API shares its process with the worker.
    package var maximumConnections: Int
    /// A connection on which nothing happens for so long is closed.
    package var idleTimeout: Duration

    package init(
        host: String = "127.0.0.1", port: Int = 8080, maximumConnections: Int = 1_000,
        idleTimeout: Duration = .seconds(60)
    ) {
        self.host = host
        self.port = port
        self.maximumConnections = maximumConnections
        self.idleTimeout = idleTimeout
    }
}

/// The HTTP API as a service: it ends gracefully, with its open requests answered, when its group does.
///
/// - Parameters:
///   - readiness: Read on every `/readyz`; must answer from memory, not ask the database.
///   - onServerRunning: Called once with the port that it listens on.
package func buildApplication(
    _ configuration: APIConfiguration, readiness: @escaping @Sendable () async -> [ReadinessPart], logger: Logger,
    onServerRunning: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
) -> Application<RouterResponder<APIRequestContext>> {
    let server = HTTP1Channel.Configuration(
        idleTimeout: .init(configuration.idleTimeout), httpDecoderConfiguration: RequestLimits.decoder)
    return Application(
        router: buildRouter(readiness: readiness), server: .http1(configuration: server),
        configuration: .init(
            address: .hostname(configuration.host, port: configuration.port), serverName: "notify-worker",
            availableConnectionsDelegate: .maximum(configuration.maximumConnections, logger: logger)),
        onServerRunning: { channel in await onServerRunning(channel.localAddress?.port ?? configuration.port) },
        logger: logger)
}

/// All routes of the API.
func buildRouter(readiness: @escaping @Sendable () async -> [ReadinessPart]) -> Router<APIRequestContext> {
    let router = Router(context: APIRequestContext.self, options: .autoGenerateHeadEndpoints)
    router.add(middleware: ProblemMiddleware())
    HealthRoutes(readiness: readiness).add(to: router)
    return router
}
