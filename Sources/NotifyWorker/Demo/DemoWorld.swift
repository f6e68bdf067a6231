import DevMailbox
import DevPostgres
import Logging
import NotifyAPI
import NotifyCore
import PostgresClient
import SMTPSender
import Templates
import Threads

/// The demo's surroundings: a private database, a mailbox for a relay, a worker between them, and the API that its mails
/// link to.
struct DemoWorld: Sendable {
    private static let databaseName = "notify_demo"

    let postgres: DevPostgres
    let mailbox: DevMailbox
    let api: DemoAPI
    let dispatcher: Dispatcher
    let outcomes: DemoOutcomes

    /// A connection string of the application that enqueues: it may call functions and read no table.
    var producerURL: String { postgres.conninfo(database: Self.databaseName, user: "demo_app") }
    /// The superuser's, to look around with psql.
    var browsingURL: String { postgres.url(database: Self.databaseName) }
    private var superuserURL: String { postgres.conninfo(database: Self.databaseName) }

    static func start(
        in folder: String, catalogue: TemplateCatalogue, pages: WebPages, progress: DemoProgress
    ) async throws -> DemoWorld {
        let postgres = try await progress.step("PostgreSQL in \(folder)/postgres") {
            try await Blocking.run("postgres") { try DevPostgres(.lasting("\(folder)/postgres")) }
        }
        for note in postgres.notes { progress.note(note) }
        do {
            try await progress.step("schema, roles and people") {
                try await Blocking.run("schema") { try prepareDatabase(on: postgres) }
            }
            let mailbox = try await progress.step("mailbox that plays the relay") {
                try await DevMailbox.start(mailboxConfiguration)
            }
            let keyRing = KeyRing.random()
            let api = try await progress.step("API behind the mails' links") {
                try await DemoAPI.start(
                    postgres.conninfo(database: databaseName, user: "demo_api"), keyRing: keyRing,
                    pages: SignedOutPages(pages, appURL: DemoScenario.appURL))
            }
            let outcomes = DemoOutcomes()
            let rules = DeliveryRules(
                catalogue: catalogue,
                identity: try MailIdentity(
                    from: "Northwind Support <support@northwind.example>", publicURL: api.url,
                    appURL: DemoScenario.appURL),
                keyRing: keyRing, allowed: nil,
                // The relay's deferral should be over before its reader is.
                schedule: try RetrySchedule(parsing: "1s"), holdUnknown: [])
            let dispatcher = makeDispatcher(on: postgres, sendingTo: mailbox, rules: rules, observer: outcomes)
            try await progress.step("worker") { try await Blocking.run("start") { try dispatcher.start() } }
            return DemoWorld(
                postgres: postgres, mailbox: mailbox, api: api, dispatcher: dispatcher, outcomes: outcomes)
        } catch {
            // What else was started lives in this process, which ends now.
            _ = try? await Blocking.run("stop") { postgres.stop() }
            throw error
        }
    }

    func stop() async {
        _ = try? await Blocking.run("stop") { dispatcher.stop(within: .seconds(10)) }
        await mailbox.stop()
        await api.stop()
        _ = try? await Blocking.run("stop") { postgres.stop() }
    }

    /// Runs `body` with a connection of the superuser's, for the report.
    func withDatabase<Value: Sendable>(
        _ body: @escaping @Sendable (PostgresConnection) throws -> Value
    ) async throws -> Value {
        try await Blocking.run("report") { [superuserURL] in try body(try PostgresConnection(superuserURL)) }
    }
}

extension DemoWorld {
    /// A fresh database in the lasting server, with login roles that may do what they must and no more.
    private static func prepareDatabase(on postgres: DevPostgres) throws {
        let server = try PostgresConnection(postgres.conninfo())
        try server.execute("drop database if exists \(databaseName) with (force)")
        try server.execute("create database \(databaseName)")
        server.close()
        let database = try PostgresConnection(postgres.conninfo(database: databaseName))
        defer { database.close() }
        _ = try Migrator(database).migrate()
        let logins = [
            ("demo_app", "notify_producer, notify_directory"), ("demo_worker", "notify_worker"),
            ("demo_api", "notify_api"),
        ]
        for (login, roles) in logins {
            try database.execute(
                """
                do $$ begin create role \(login) login; exception when duplicate_object then null; end $$;
                grant \(roles) to \(login);
                """)
        }
        try addPeople(to: database)
    }

    private static func addPeople(to database: PostgresConnection) throws {
        let organizationID = DemoScenario.organizationID
        _ = try database.run(
            Statement("select notify.upsert_organization($1, $2)"), [organizationID, DemoScenario.organizationName])
        for person in DemoScenario.people {
            _ = try database.run(
                Statement("select notify.upsert_user($1, $2, $3, $4, $5)"),
                [person.id, person.email, person.name, person.locale, person.timeZone])
            _ = try database.run(Statement("select notify.add_member($1, $2)"), [organizationID, person.id])
            if let off = person.switchedOff {
                _ = try database.run(
                    Statement("select notify.set_email_preference($1, $2, false)"), [person.id, off.rawValue])
            }
        }
    }

    private static var mailboxConfiguration: MailboxConfiguration {
        var configuration = MailboxConfiguration()
        configuration.webPort = 0
        configuration.faults = [
            FaultRule(
                .rcpt, recipient: DemoScenario.refusedAddress, .always,
                .reply(550, "5.1.1", "<\(DemoScenario.refusedAddress)>: no such mailbox")),
            FaultRule(
                .rcpt, recipient: DemoScenario.deferredAddress, .first(1),
                .reply(451, "4.7.1", "Greylisted, please try again")),
        ]
        return configuration
    }

    private static func makeDispatcher(
        on postgres: DevPostgres, sendingTo mailbox: DevMailbox, rules: DeliveryRules, observer: DemoOutcomes
    ) -> Dispatcher {
        var relay = RelayConfiguration(host: MailboxConfiguration.host, port: mailbox.smtpPort)
        relay.tls = .off
        var configuration = Dispatcher.Configuration(
            databaseURL: postgres.conninfo(database: databaseName, user: "demo_worker"), relays: [relay])
        configuration.observer = observer
        var logger = Logger(label: "notify.demo")
        logger.logLevel = .error
        return Dispatcher(configuration, rules: rules, logger: logger)
    }
}
