import ArgumentParser
import NotifyCore
import PostgresClient

struct QueueCancelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "Stop open events for good.",
        discussion: """
            A cancelled event is never sent. For one that a worker has at this moment nothing can be promised: it is \
            marked, and stopped if its turn has not come. `notify-worker explain ID` then tells. Ends with 1 if one of \
            the ids is marked only, has ended or is unknown.
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: OutputOptions

    @Argument(help: "Ids of open events.")
    var ids: [Int64]

    func run() throws {
        let steering = QueueSteering(try shared.load().settings.database.connect(for: "queue cancel"))
        let tried = OneByOne(ids) { id throws(PostgresError) in
            CancelResult(eventID: id, result: try steering.cancel(id))
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
        /// Whether nothing more goes out.
        let cancelled: Bool
        let result: Cancellation

        init(eventID: Int64, result: Cancellation) {
            self.eventID = eventID
            self.cancelled = result.isFinal
            self.result = result
        }

        var text: String {
            switch result {
            case .cancelled: "\(eventID) is cancelled"
            case .maybeSent: "\(eventID) is cancelled; an earlier attempt may have reached its reader"
            case .marked: "\(eventID) is being sent: marked; it is stopped if its turn has not come"
            case .ended: "\(eventID) is not cancelled: it has ended"
            case .unknown: "\(eventID) is not cancelled: it is unknown"
            }
        }
    }
}
