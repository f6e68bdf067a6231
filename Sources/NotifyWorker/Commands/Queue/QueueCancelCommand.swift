import ArgumentParser
import NotifyCore
import PostgresClient

struct QueueCancelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "Stop open events for good.",
        discussion: """
            A cancelled event is never sent. One that is being sent right now cannot be promised: it is marked, stopped \
            if there is still time, and the command ends with 1. `notify-worker explain ID` then tells.
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: OutputOptions

    @Argument(help: "Ids of open events.")
    var ids: [Int64]

    func run() throws {
        let steering = QueueSteering(try shared.load().settings.database.connect(for: "queue cancel"))
        let tried = OneByOne(ids) { id throws(PostgresError) in
            CancelResult(eventID: id, cancelled: try steering.cancel(id))
        }
        if output.json {
            try Output.print(json: tried.done)
        } else if !tried.done.isEmpty {
            Output.print(tried.done.map(\.text).joined(separator: "\n"))
        }
        if let end = tried.end { throw end }
        guard tried.refusals.isEmpty else { throw CommandFailure(tried.refusals.joined(separator: "; ")) }
        guard tried.done.allSatisfy(\.cancelled) else { throw ExitCode(ExitStatus.failed.rawValue) }
    }

    struct CancelResult: Encodable {
        let eventID: Int64
        let cancelled: Bool

        var text: String {
            cancelled
                ? "\(eventID) is cancelled"
                : "\(eventID) is not cancelled: it has ended, is unknown, or is being sent now"
        }
    }
}
