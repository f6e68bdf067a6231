import ArgumentParser
import NotifyCore
import PostgresClient

struct MigrateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate", abstract: "Bring the database's schema up to date.",
        discussion: """
            Uses NOTIFY_MIGRATE_DATABASE_URL, or else NOTIFY_DATABASE_URL; its role needs CREATEROLE and CREATE on the \
            database. Safe to run from several processes at once and while workers run: each migration is one \
            transaction, waits for no lock longer than five seconds and is tried again.
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: OutputOptions

    @Flag(help: "Only show what would be applied.")
    var dryRun = false

    func run() throws {
        let settings = try shared.load().settings
        guard let url = settings.database.migrateURL else {
            throw SettingsError(missing: DatabaseSettings.url, for: "`notify-worker migrate`")
        }
        let migrator = Migrator(
            try PostgresConnection(url, options: ConnectionOptions(applicationName: "notify-worker migrate")))
        do {
            let migrations = dryRun ? try migrator.pending() : try migrator.migrate(progress: tell)
            try report(migrations)
        } catch let error as MigrationError {
            throw CommandFailure(error)
        }
    }

    private func tell(_ progress: MigrationProgress) {
        switch progress {
        case .applying, .applied: break
        case .busy(nil, _): Output.note("Another process is migrating; waiting for it.")
        case .busy(let migration?, let attempt):
            Output.note("Migration \(migration.number) (\(migration.name)) waits for a lock, attempt \(attempt).")
        case .newer(let migrations):
            let numbers = migrations.map { String($0.number) }.joined(separator: ", ")
            Output.note("A newer program has added migrations \(numbers); this one can work with them.")
        }
    }

    private func report(_ migrations: [Migration]) throws {
        if output.json {
            try Output.print(json: migrations.map { Applied(number: $0.number, name: $0.name) })
        } else if migrations.isEmpty {
            Output.print("The schema is up to date.")
        } else {
            let verb = dryRun ? "would apply" : "applied"
            Output.print(migrations.map { "\(verb) \($0.number) \($0.name)" }.joined(separator: "\n"))
        }
    }

    private struct Applied: Encodable {
        let number: Int
        let name: String
    }
}

extension CommandFailure {
    /// The description of a migration's error already says what to do.
    init(_ error: MigrationError) {
        switch error {
        case .busy, .failed: self.init(error.description)
        case .notAllowed, .databaseIsNewer, .pending: self.init(error.description, exit: .configuration)
        }
    }
}
