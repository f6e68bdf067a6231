import PostgresClient

/// Where PostgreSQL is.
struct DatabaseSettings: SettingGroup {
    static let url = connection(
        "NOTIFY_DATABASE_URL", "PostgreSQL, as a libpq URI or conninfo; several hosts are allowed", standard: .none)
    static let listenURL = connection(
        "NOTIFY_LISTEN_URL", "direct connection for LISTEN, where the first URL leads to a pooler",
        standard: .derived("NOTIFY_DATABASE_URL"))
    static let apiURL = connection(
        "NOTIFY_API_DATABASE_URL", "connection of the HTTP API, with the role notify_api",
        standard: .derived("NOTIFY_DATABASE_URL"))
    static let migrateURL = connection(
        "NOTIFY_MIGRATE_DATABASE_URL", "connection of `migrate`, with a role that may create the schema",
        standard: .derived("NOTIFY_DATABASE_URL"))

    static let title = "Database"
    static let declarations: [any SettingDeclaration] = [url, listenURL, apiURL, migrateURL]

    let url: String?
    let listenURL: String?
    let isListenURLGiven: Bool
    var isListeningApart: Bool { listenURL != url }
    let apiURL: String?
    let migrateURL: String?

    init(_ values: SettingValues) throws(SettingsError) {
        url = try values.value(Self.url)
        let givenListenURL = try values.value(Self.listenURL)
        listenURL = givenListenURL ?? url
        isListenURLGiven = givenListenURL != nil
        apiURL = try values.value(Self.apiURL) ?? url
        migrateURL = try values.value(Self.migrateURL) ?? url
    }

    private static func connection(_ name: String, _ summary: String, standard: SettingStandard) -> Setting<String> {
        Setting(
            name, summary, standard: standard, example: "postgresql://notify_worker@db.example.com/app",
            secrecy: .password, parse: conninfo)
    }

    /// The form only: whether anything answers there shows when it is connected to.
    private static let conninfo: SettingParser.Parser<String> = { text throws(InvalidValue) in
        let text = try SettingParser.text(text)
        if !text.hasPrefix("postgres://"), !text.hasPrefix("postgresql://") {
            guard !text.contains("://") else {
                throw InvalidValue("does not start with postgresql:// or postgres://")
            }
            guard text.contains("=") else {
                throw InvalidValue("is neither a postgresql:// URI nor a conninfo such as \"host=db dbname=app\"")
            }
        }
        do throws(PostgresError) {
            _ = try ConnectionString(text)
        } catch {
            throw InvalidValue(reason: error)
        }
        return text
    }
}
