import PostgresClient

extension DatabaseSettings {
    /// A connection for the few statements of a command. A statement may take a minute, a lock five seconds.
    func connect(for command: String) throws -> PostgresConnection {
        guard let url else { throw SettingsError(missing: Self.url, for: "`notify-worker \(command)`") }
        return try Self.connect(url, for: command)
    }

    static func connect(_ url: String, for command: String) throws(PostgresError) -> PostgresConnection {
        var options = ConnectionOptions(applicationName: "notify-worker \(command)")
        options.statementTimeout = .seconds(60)
        options.lockTimeout = .seconds(5)
        return try PostgresConnection(url, options: options)
    }
}
