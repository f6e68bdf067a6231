import NotifyAPI
import NotifyCore
import PostgresClient

/// The parts of the HTTP API, made from the settings.
extension Settings {
    func apiConfiguration(for purpose: String) throws -> APIConfiguration {
        APIConfiguration(
            host: http.host, port: http.port, trustedProxies: http.trustedProxies,
            isSecure: try identity(for: purpose).publicURL.hasPrefix("https://"))
    }

    func apiServices(_ pool: ConnectionPool, for purpose: String) throws -> APIServices {
        // Without a setting of its own it is taken for the public address, which has nothing to show.
        let appURL = try mail.appURL == nil ? nil : identity(for: purpose).appURL
        return APIServices(
            pool, keyRing: try keyRing(for: purpose), pages: SignedOutPages(try webPages(), appURL: appURL))
    }

    /// Eight connections: batches of reads, of changes and of tokens keep four busy at most, single statements the rest.
    func apiPool(for purpose: String) throws(SettingsError) -> ConnectionPool {
        guard let url = database.apiURL else { throw SettingsError(missing: DatabaseSettings.url, for: purpose) }
        var options = ConnectionOptions(applicationName: "notify-worker api")
        options.statementTimeout = .seconds(10)
        options.lockTimeout = .seconds(2)
        return ConnectionPool(
            url, options: options,
            configuration: .init(name: "api-db", size: 8, maximumWaiters: 1_024, waitTimeout: .seconds(5)))
    }
}
