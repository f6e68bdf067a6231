import ArgumentParser
import NotifyCore

struct QueueRetryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry", abstract: "Put dead events back into the queue.",
        discussion: """
            Each becomes a new event that names the old one; the old outcome stays. Ends with 1 if one of the ids is no \
            dead event.

            Examples:
              notify-worker queue retry 4711 4712
              notify-worker queue retry --all --reason template_error
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var filter: DeadFilter

    @Flag(help: "Retry every dead event, or every one that --reason and --kind choose.")
    var all = false

    @Argument(help: "Ids of dead events.")
    var ids: [Int64] = []

    func validate() throws {
        guard all != !ids.isEmpty else { throw ValidationError("Give either ids or --all.") }
        guard all || (filter.reason == nil && filter.kind == nil) else {
            throw ValidationError("--reason and --kind choose among --all.")
        }
    }

    func run() throws {
        let steering = QueueSteering(try shared.load().settings.database.connect(for: "queue retry"))
        var missing: [Int64] = []
        let retried = all ? try retryAll(steering) : try retryEach(steering, missing: &missing)
        if output.json {
            try Output.print(json: retried)
        } else if all {
            Output.print("\(retried.count) events are queued again.")
        } else if !retried.isEmpty {
            Output.print(retried.map { "\($0.eventID) is queued again as \($0.newEventID)" }.joined(separator: "\n"))
        }
        guard missing.isEmpty else {
            throw CommandFailure(
                "no dead event: \(missing.map(String.init).joined(separator: ", "))",
                mend: "See what can be retried with `notify-worker queue dead`, and what became of one with "
                    + "`notify-worker explain ID`.")
        }
    }

    private func retryAll(_ steering: QueueSteering) throws -> [QueueSteering.Retried] {
        let progress = ProgressLine("Events queued again")
        defer { progress.finish() }
        return try steering.retryAll(reason: filter.reason, kind: filter.kind) { progress.update($0) }
    }

    private func retryEach(_ steering: QueueSteering, missing: inout [Int64]) throws -> [QueueSteering.Retried] {
        var retried: [QueueSteering.Retried] = []
        for id in ids {
            if let newID = try steering.retry(id) {
                retried.append(.init(eventID: id, newEventID: newID))
            } else {
                missing.append(id)
            }
        }
        return retried
    }
}
