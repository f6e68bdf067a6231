import ArgumentParser
import Logging
import NotifyAPI
import ServiceLifecycle

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Send what is queued and serve the HTTP API, until stopped.",
        discussion: """
            SIGTERM or SIGINT stops: no new events are taken, those not begun are given back at once, mails on the wire \
            are finished and recorded, within NOTIFY_SHUTDOWN_SECONDS. A SIGINT after that ends at once, with 130; a \
            SIGTERM changes nothing more.

            Examples:
              notify-worker run
              notify-worker run --no-api --drain     # send what is due now, then end
            """)

    @OptionGroup var shared: SharedOptions

    @Flag(name: .customLong("no-api"), help: "Only send; serve no HTTP.")
    var hasNoAPI = false

    @Flag(name: .customLong("no-worker"), help: "Only serve HTTP; send nothing.")
    var hasNoWorker = false

    @Flag(help: "End with 0 once nothing is due now, with 1 when no relay could be used for 30 s.")
    var drain = false

    @Flag(help: "Start without taking events; everything else works.")
    var paused = false

    func validate() throws {
        guard !hasNoAPI || !hasNoWorker else {
            throw ValidationError("--no-api and --no-worker together leave nothing to run.")
        }
        guard !drain || !hasNoWorker else { throw ValidationError("--drain needs the worker.") }
        guard !drain || !paused else { throw ValidationError("--drain would never end while --paused.") }
    }

    func run() async throws {
        // First of all: a stop that is asked for from here on is one in order.
        let signals = await StopSignals()
        let (settings, logs) = try shared.load()
        let logger = logs.logger("notify.run")
        let options = RunGroup.Options(
            hasAPI: !hasNoAPI, hasWorker: !hasNoWorker, drains: drain, isPaused: paused)
        let group = try RunGroup(settings: settings, options: options, logs: logs).make()
        let watch = Task {
            // A group that does not run yet keeps the request.
            await signals.watch(
                first: { _ in await group.triggerGracefulShutdown() },
                second: { signal in
                    logger.error("second signal: ending at once", metadata: ["signal": "\(signal)"])
                })
        }
        defer { watch.cancel() }
        if !hasNoWorker {
            if settings.logs.journalDirectory == nil {
                logger.notice(
                    "no journal: after a kill, mails accepted and not yet recorded go out twice; set NOTIFY_JOURNAL_DIR"
                )
            }
            if paused { logger.notice("paused: no events are taken until a start without --paused") }
        }
        do {
            try await group.run()
        } catch let error as ListenFailure {
            throw CommandFailure(
                "cannot listen on \(error.address): \(error.reason)",
                mend: "Stop what listens there, or set NOTIFY_HTTP_HOST and NOTIFY_HTTP_PORT.")
        }
        logger.info("stopped")
    }
}
