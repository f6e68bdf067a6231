import Logging
import NotifyAPI
import NotifyCore
import ServiceLifecycle

/// What `run` runs: the parts and the order in which they stop.
struct RunGroup {
    struct Options {
        var hasAPI = true
        var hasWorker = true
        var drains = false
        var isPaused = false
    }

    let settings: Settings
    let options: Options
    let logs: Logs

    /// Builds everything, so that what is wrong shows before anything is started.
    func make() throws -> ServiceGroup {
        let logger = logs.logger("notify.run")
        let dispatcher = options.hasWorker ? try makeDispatcher() : nil
        let readiness = dispatcher.map { dispatcher in WorkerReadiness(parts: { dispatcher.readiness }) }
        let grace = StopGrace(.seconds(settings.times.shutdownSeconds))
        var services: [ServiceGroupConfiguration.ServiceConfiguration] = []
        if options.hasAPI {
            let purpose = "`notify-worker run` with its HTTP API"
            var configuration = try settings.apiConfiguration(for: purpose)
            configuration.stopGrace = grace
            let pool = try settings.apiPool(for: purpose)
            let probe = DatabaseProbe(pool, logger: httpLogger)
            let application = buildApplication(
                configuration, services: try settings.apiServices(pool, for: purpose),
                readiness: { (readiness?.current ?? []) + [probe.part] }, logger: httpLogger,
                onServerRunning: { logger.info("api listens", metadata: ["port": .stringConvertible($0)]) })
            services.append(.init(service: DatabasePoolService(pool: pool), serviceName: "api-database"))
            services.append(.init(service: probe, successTerminationBehavior: .ignore, serviceName: "api-probe"))
            let service = APIService(application, configuration: configuration, pool: pool)
            services.append(.init(service: service, serviceName: "api"))
        }
        if let dispatcher, let readiness {
            let worker = WorkerService(
                dispatcher: dispatcher, grace: grace, readiness: readiness,
                notifications: settings.database.isListeningApart
                    ? NotificationCheck(settings: settings.database) : nil,
                logger: logs.logger("notify.worker"))
            // The group stops its services from the last to the first: the worker ends while the API still answers.
            services.append(
                .init(
                    service: worker, successTerminationBehavior: .gracefullyShutdownGroup,
                    failureTerminationBehavior: .gracefullyShutdownGroup, serviceName: "worker"))
        }
        // No signals: the group would trap them only once it runs, and lose one that came before.
        var configuration = ServiceGroupConfiguration(services: services, logger: logs.logger("notify.lifecycle"))
        // Dispatcher and API keep to the grace, and at most six seconds more; this is for what hangs all the same.
        configuration.maximumGracefulShutdownDuration = .seconds(settings.times.shutdownSeconds + 8)
        return ServiceGroup(configuration: configuration)
    }

    private var httpLogger: Logger { logs.logger("notify.http") }

    private func makeDispatcher() throws -> Dispatcher {
        let purpose = "`notify-worker run`"
        try settings.require(settings.neededToRun, for: purpose)
        guard let databaseURL = settings.database.url else {
            throw SettingsError(missing: DatabaseSettings.url, for: purpose)
        }
        var configuration = Dispatcher.Configuration(
            databaseURL: databaseURL, listenURL: settings.database.listenURL, relays: try settings.relays(for: purpose),
            lease: .seconds(settings.times.leaseSeconds), retentionDays: settings.times.retentionDays)
        configuration.journalDirectory = settings.logs.journalDirectory
        configuration.isPaused = options.isPaused
        configuration.drains = options.drains
        return Dispatcher(
            configuration, rules: try settings.rules(for: purpose), logger: logs.logger("notify.worker"))
    }
}
