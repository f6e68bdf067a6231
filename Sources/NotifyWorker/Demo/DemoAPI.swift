import Logging
import NotifyAPI
import NotifyCore
import PostgresClient
import ServiceLifecycle

/// The HTTP API of the demo, on a free port, so that the links in its mails lead somewhere.
struct DemoAPI: Sendable {
    let url: String
    private let group: ServiceGroup
    private let running: Task<Void, any Error>

    /// - Parameter conninfo: Of a login that may do what the API must.
    static func start(_ conninfo: String, keyRing: KeyRing, pages: SignedOutPages) async throws -> DemoAPI {
        var logger = Logger(label: "notify.demo")
        logger.logLevel = .error
        let pool = ConnectionPool(conninfo, configuration: .init(name: "api-db", size: 4))
        let configuration = APIConfiguration(port: 0, stopGrace: StopGrace(.seconds(2)))
        let (ports, port) = AsyncStream.makeStream(of: Int.self)
        let application = buildApplication(
            configuration, services: APIServices(pool, keyRing: keyRing, pages: pages), readiness: { [] },
            logger: logger, onServerRunning: { port.yield($0) })
        let group = ServiceGroup(
            services: [
                DatabasePoolService(pool: pool), APIService(application, configuration: configuration, pool: pool),
            ],
            logger: logger)
        let running = Task {
            defer { port.finish() }
            try await group.run()
        }
        guard let number = await ports.first(where: { _ in true }) else {
            // It could not listen, or the demo was ended meanwhile.
            await group.triggerGracefulShutdown()
            try await running.value
            throw CancellationError()
        }
        return DemoAPI(url: "http://\(configuration.host):\(number)", group: group, running: running)
    }

    func stop() async {
        await group.triggerGracefulShutdown()
        _ = try? await running.value
    }
}
