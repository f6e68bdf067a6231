import Foundation
package import Logging
import PostgresClient
package import SMTPSender
import Synchronization
import Threads

/// A worker: the threads that move events along ``DeliveryPath``.
///
/// ```
/// claimer → composer → lane (one a relay) → settler          waker: rings the claimer
///                        ↕ checker                            keeper: lease, rescue, partitions, purges
/// ```
package final class Dispatcher: Sendable {
    package struct Configuration: Sendable {
        package var databaseURL: String
        /// A direct connection for LISTEN when `databaseURL` leads to a pooler.
        package var listenURL: String
        package var relays: [RelayConfiguration]
        package var lease: Duration
        package var retentionDays: Int
        /// When a relay that fails or refuses is left alone, and for how long.
        package var relayPolicy = RelayPolicy.standard
        /// Where the journal is kept; nil for none.
        package var journalDirectory: String?
        /// Claim nothing until told otherwise: everything else works.
        package var isPaused = false
        /// End once nothing is due.
        package var drains = false
        package var observer: (any DeliveryObserver)?
        /// How long a stop waits for a database call before it cuts it off.
        package var databasePatience = Duration.seconds(2)

        package init(
            databaseURL: String, listenURL: String? = nil, relays: [RelayConfiguration], lease: Duration = .seconds(60),
            retentionDays: Int = 30
        ) {
            self.databaseURL = databaseURL
            self.listenURL = listenURL ?? databaseURL
            self.relays = relays
            self.lease = lease
            self.retentionDays = retentionDays
        }
    }

    let configuration: Configuration
    private let rules: DeliveryRules
    let relays: RelayPool
    let logger: Logger
    let bell = Bell()
    /// No more claims, no more mails begun.
    let stop = StopSignal()
    /// The grace period is over: no more waiting for the database.
    let giveUp = StopSignal()
    package let drain: DrainWatch?
    private let database = DatabaseHealth()
    let running = Mutex<Running?>(nil)
    let cancellers = Cancellers()

    typealias ThreadStarter =
        @Sendable (_ name: String, _ body: @escaping @Sendable () -> Void) throws -> NamedThread
    private let startThread: ThreadStarter

    /// What a stop ends. A start that fails halfway leaves some of the threads out.
    struct Running: Sendable {
        let worker: WorkerIdentity
        let path: DeliveryPath
        let journal: Journal?
        let wakeSignal: WakeSignal
        var claimer: NamedThread?
        var composer: NamedThread?
        var checker: NamedThread?
        var settler: NamedThread?
        var keeper: NamedThread?
        var waker: NamedThread?
    }

    /// What ends the database calls of each thread, connecting included.
    struct Cancellers: Sendable {
        let starting = Canceller()
        let claiming = Canceller()
        let checking = Canceller()
        let settling = Canceller()
        let keeping = Canceller()
        let listening = Canceller()
        let signingOff = Canceller()
    }

    package convenience init(_ configuration: Configuration, rules: DeliveryRules, logger: Logger) {
        self.init(configuration, rules: rules, logger: logger) { name, body in try NamedThread(name, body) }
    }

    init(
        _ configuration: Configuration, rules: DeliveryRules, logger: Logger, startThread: @escaping ThreadStarter
    ) {
        self.configuration = configuration
        self.logger = logger
        self.startThread = startThread
        drain = configuration.drains ? DrainWatch() : nil
        self.rules = rules
        relays = RelayPool(configuration.relays, policy: configuration.relayPolicy, logger: logger)
    }

    /// Whether it can claim and send, from memory: what the threads met when they last tried.
    package var readiness: [ReadinessPart] {
        let (lost, fault) = (database.reason, relays.fault)
        return [
            ReadinessPart(name: "database", isReady: lost == nil, reason: lost),
            ReadinessPart(name: "relay", isReady: fault == nil, reason: fault),
        ]
    }

    /// Registers with the database, makes sure that today's partitions are there, and starts all threads. Blocks.
    ///
    /// - Throws: `PostgresError`, `MigrationError` where the schema is not what this program needs, or `JournalError`, before
    ///   anything was claimed; then it may be tried again. Whatever fails later ends what this call began, and the
    ///   dispatcher with it.
    package func start() throws {
        let session = DatabaseSession(
            configuration.databaseURL, role: "start", stop: stop, logger: logger, canceller: cancellers.starting)
        defer { session.close() }
        let wakeSignal = try WakeSignal()
        let name = WorkerIdentity.processName
        try Migrator(try session.open()).check()
        let term = LeaseTerm(lease: configuration.lease, from: .now)
        let registration = try session.run { queue throws(PostgresError) in
            _ = try queue.ensurePartitions()
            return try queue.register(name: name, lease: configuration.lease)
        }
        let (journal, adoption) = try makeJournal(registration, over: session)
        let worker = WorkerIdentity(id: registration.workerID, name: name, lease: configuration.lease, term: term)
        let assembler = MailAssembler(
            identity: rules.identity, installationID: registration.installationID, keyRing: rules.keyRing)
        let path = DeliveryPath(
            term: term, journal: journal, rules: rules, assembler: assembler, relays: relays,
            observer: configuration.observer, stop: stop, bell: bell, logger: logger)
        var running = Running(worker: worker, path: path, journal: journal, wakeSignal: wakeSignal)
        do {
            try relays.open(delegate: path)
            try startThreads(&running, adoption)
        } catch {
            _ = end(running, within: .zero)
            throw error
        }
        self.running.withLock { [running] in $0 = running }
        logger.info(
            "worker started",
            metadata: [
                "worker": "\(worker.id)", "relays": "\(configuration.relays.map(\.name).joined(separator: ","))",
            ])
    }

    /// Takes over what killed workers left, then begins a journal of its own.
    private func makeJournal(
        _ registration: EventQueue.Registration, over session: DatabaseSession
    ) throws -> (Journal?, JournalAdoption?) {
        guard let directory = configuration.journalDirectory else { return (nil, nil) }
        let fingerprint = try session.run { queue throws(PostgresError) in try queue.databaseFingerprint() }
        let database = DatabaseIdentity(installationID: registration.installationID, fingerprint: fingerprint)
        let adoption = JournalAdoption(
            directory: directory, database: database, holdUnknown: rules.holdUnknown, logger: logger)
        try session.run { queue throws(PostgresError) in try adoption.run(in: queue) }
        return (try Journal(directory: directory, workerID: registration.workerID, database: database), adoption)
    }

    private func startThreads(_ running: inout Running, _ adoption: JournalAdoption?) throws {
        let (path, worker, wakeSignal) = (running.path, running.worker, running.wakeSignal)
        let (bell, stop, giveUp, logger, drain) = (bell, stop, giveUp, logger, drain)
        let (retentionDays, listenURL) = (configuration.retentionDays, configuration.listenURL)
        let session = {
            @Sendable [databaseURL = configuration.databaseURL, database]
            (role: String, stop: StopSignal, canceller: Canceller) in
            DatabaseSession(databaseURL, role: role, stop: stop, logger: logger, health: database, canceller: canceller)
        }
        let cancellers = cancellers
        running.settler = try startThread("settler") {
            Settler(path: path, database: session("settle", giveUp, cancellers.settling)).run()
        }
        running.checker = try startThread("checker") {
            Checker(path: path, database: session("recheck", stop, cancellers.checking), stop: stop).run()
        }
        running.composer = try startThread("composer") {
            while let events = path.composing.pop(limit: 32) { path.prepare(events) }
        }
        running.keeper = try startThread("keeper") {
            let database = session("keep", giveUp, cancellers.keeping)
            Keeper(
                worker: worker, retentionDays: retentionDays, adoption: adoption, database: database, stop: giveUp,
                logger: logger
            )
            .run()
        }
        running.waker = try startThread("waker") {
            let options = ConnectionOptions(applicationName: "notify-worker listen")
            let listener = Listener(
                listenURL, options: options, channels: ["notify_events"], signal: wakeSignal,
                canceller: cancellers.listening)
            Waker(listener: listener, bell: bell, logger: logger).run()
        }
        guard !configuration.isPaused else { return }
        running.claimer = try startThread("claimer") {
            let database = session("claim", stop, cancellers.claiming)
            Claimer(path: path, worker: worker, database: database, bell: bell, stop: stop, drain: drain).run()
        }
    }
}
