import Glibc
package import Hummingbird
import NIOCore
import ServiceLifecycle

/// The API in a service group, with an error that says what to do when it cannot listen.
package struct APIService: Service {
    private let application: Application<RouterResponder<APIRequestContext>>
    private let address: String

    package init(_ application: Application<RouterResponder<APIRequestContext>>, configuration: APIConfiguration) {
        self.application = application
        self.address = "\(configuration.host):\(configuration.port)"
    }

    package func run() async throws {
        do {
            try await application.run()
        } catch let error as IOError {
            throw ListenFailure(address: address, reason: String(cString: strerror(error.errnoCode)))
        } catch let error as SocketAddressError.UnknownHost {
            throw ListenFailure(address: address, reason: error.errorDescription)
        }
    }
}

/// The API's address cannot be listened on.
package struct ListenFailure: Error {
    package let address: String
    /// The operating system's words, such as `Address already in use` or `Name or service not known`.
    package let reason: String
}
