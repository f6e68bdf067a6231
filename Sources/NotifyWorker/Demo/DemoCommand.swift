import ArgumentParser
import DevMailbox
import UnixSignals

struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "See it work: a private database and mailbox, every kind of event, their outcomes.",
        discussion: """
            Starts a PostgreSQL of its own under .demo/ and a mailbox that plays the relay, enqueues every kind of event \
            for people in four languages, prints what became of each, and shows the mails on a local page until Ctrl-C. \
            The links at the foot of the mails work.

            Examples:
              notify-worker demo
              notify-worker demo --once     # for CI: exits 0 only if every event came out as it should
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
        let progress = DemoProgress()
        Output.note("Starting:")
        let world = try await DemoWorld.start(
            in: folder, catalogue: catalogue, pages: pages, progress: progress)
        do {
            let faults = try await play(in: world, progress)
            if !once {
                Output.note(
                    """

                      Mails   \(world.mailbox.webAddress ?? "")
                      psql    psql '\(world.browsingURL)'
                      Ctrl-C  stops everything
                    """)
                await Self.waitForSignal()
                Output.note("\nStopping …")
            }
            await world.stop()
            guard faults.isEmpty else {
                throw CommandFailure("the demo did not come out as it should:\n  " + faults.joined(separator: "\n  "))
            }
        } catch {
            await world.stop()
            throw error
        }
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

    private static func waitForSignal() async {
        for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) { return }
    }
}
