import Glibc
package import Hummingbird
import NIOCore
package import PostgresClient
import ServiceLifecycle

/// The API in a service group, with an end of its stop, and with an error that says what to do when it cannot listen.
package struct APIService: Service {
    private let application: Application<RouterResponder<APIRequestContext>>
    private let address: String
    private let grace: StopGrace
    private let pool: ConnectionPool

    /// - Parameter pool: What the application works with; stopped here if the grace of a stop runs out.
    package init(
        _ application: Application<RouterResponder<APIRequestContext>>, configuration: APIConfiguration,
        pool: ConnectionPool
    ) {
        self.application = application
        self.grace = configuration.stopGrace
        self.pool = pool
        self.address = "\(configuration.host):\(configuration.port)"
    }

    package func run() async throws {
        async let _ = cutWhenGraceIsOver()
        do {
            try await application.run()
        } catch let error as IOError {
            throw ListenFailure(address: address, reason: String(cString: strerror(error.errnoCode)))
        } catch let error as SocketAddressError.UnknownHost {
            throw ListenFailure(address: address, reason: error.errorDescription)
        }
    }

    /// Connections are dropped then each by itself; a request that still waits for the database would outlive its own.
    private func cutWhenGraceIsOver() async {
        do {
            try await gracefulShutdown()
            try await Task.sleep(until: grace.dropTime(), clock: .continuous)
        } catch {
            return
        }
        await pool.stop(grace: .zero)
    }
}

/// The API's address cannot be listened on.
package struct ListenFailure: Error {
    package let address: String
    /// The operating system's words, such as `Address already in use` or `Name or service not known`.
    package let reason: String
}
