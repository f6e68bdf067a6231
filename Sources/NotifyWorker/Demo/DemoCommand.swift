import ArgumentParser
import DevMailbox
import DevPostgres
import Templates
import UnixSignals

struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "See it work: a private database and mailbox, every kind of event, their outcomes.",
        discussion: """
            Starts a PostgreSQL of its own under .demo/ and a mailbox that plays the relay, enqueues every kind of event \
            for people in four languages, prints what became of each, and shows the mails, whose links work, on a local \
            page until Ctrl-C, which ends all of it: with 0 after the table, with 130 before.

            Examples:
              notify-worker demo
              notify-worker demo --once     # for CI
            """)

    @OptionGroup var shared: SharedOptions

    @Flag(help: "End when all events have their outcome; 0 only if every one came out as it should.")
    var once = false

    @Option(help: "Where the database is kept.", completion: .directory)
    var folder = ".demo"

    func run() async throws {
        let (settings, _) = try shared.load()
        let catalogue = try settings.catalogue()
        let pages = try settings.webPages()
        // Before anything is begun: from here on a signal ends what there is.
        let signals = await StopSignals()
        let show = Task { try await self.show(catalogue, pages) }
        let watch = Task {
            await signals.watch { _ in
                Output.note("\nStopping …")
                show.cancel()
            }
        }
        do {
            try await show.value
        } catch is CancellationError {
            watch.cancel()
            throw ExitCode(StopSignals.status(of: await watch.value ?? .sigint))
        }
    }

    private func show(_ catalogue: TemplateCatalogue, _ pages: WebPages) async throws {
        let progress = DemoProgress()
        Output.note("Starting:")
        let faults: [String]
        do {
            let world = try await DemoWorld.start(
                in: folder, catalogue: catalogue, pages: pages, progress: progress)
            faults = try await stopping(world) {
                let faults = try await play(in: world, progress)
                if !once { await showMails(in: world) }
                return faults
            }
        } catch {
            // Ctrl-C reaches what is just being started too, and then that fails.
            try Task.checkCancellation()
            if let error = error as? DevPostgresError { throw CommandFailure(error.description) }
            throw error
        }
        guard faults.isEmpty else {
            throw CommandFailure("the demo did not come out as it should:\n  " + faults.joined(separator: "\n  "))
        }
    }

    /// Runs `body`, then stops the world, in a task of its own that nothing cancels.
    private func stopping<Value>(_ world: DemoWorld, after body: () async throws -> Value) async throws -> Value {
        do {
            let value = try await body()
            await Task { await world.stop() }.value
            return value
        } catch {
            await Task { await world.stop() }.value
            throw error
        }
    }

    private func showMails(in world: DemoWorld) async {
        Output.note(
            """

              Mails   \(world.mailbox.webAddress ?? "")
              psql    psql '\(world.browsingURL)'
              Ctrl-C  stops everything
            """)
        await Self.waitUntilCancelled()
    }

    /// What is not as it should be.
    private func play(in world: DemoWorld, _ progress: DemoProgress) async throws -> [String] {
        let play = DemoPlay(world: world, progress: progress)
        let ids = try await progress.step("\(DemoScenario.events.count) events of every kind enqueued") {
            try await play.enqueue()
        }
        let refusal = try await play.enqueueBadEvent()
        progress.note("a ticket without its link was refused: \(refusal ?? "NO, it was taken")")
        try await progress.step("outcomes") { try await play.waitForOutcomes(of: ids, timeout: .seconds(15)) }
        let report = try await world.withDatabase { try DemoReport(reading: $0) }
        Output.print("\n" + report.text(ids))
        let state = world.mailbox.state
        let recipients = state.mails.flatMap(\.recipients)
        let faults = report.faults(ids, recipients: recipients, violations: state.violations.count)
        return faults + (refusal == nil ? ["a ticket without its link was not refused with NW002 and column url"] : [])
    }

    private static func waitUntilCancelled() async {
        let (never, source) = AsyncStream.makeStream(of: Never.self)
        for await _ in never {}
        // Without its source the stream would have ended at once.
        withExtendedLifetime(source) {}
    }
}
