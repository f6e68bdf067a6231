import ArgumentParser
import NotifyCore
import PostgresClient

struct QueueRetryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry", abstract: "Put dead and held events back into the queue.",
        discussion: """
            A dead event becomes a new one that names the first; the old outcome stays. A held event is due at once, with \
            the attempts it had: its reader may get the mail twice, both with one Message-ID. Ends with 1 if one of the \
            ids is neither, or an account mail; the others are still retried.

            Examples:
              notify-worker queue retry 4711 4712
              notify-worker queue retry --all --reason template_error
              notify-worker queue retry --all --held --kind assigned_ticket
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var filter: DeadFilter

    @Flag(help: "Retry every dead event, or every one that --reason and --kind choose.")
    var all = false

    @Flag(help: "With --all: held events instead of dead ones.")
    var held = false

    @Argument(help: "Ids of dead or held events.")
    var ids: [Int64] = []

    func validate() throws {
        guard all != !ids.isEmpty else { throw ValidationError("Give either ids or --all.") }
        guard all || (filter.reason == nil && filter.kind == nil && !held) else {
            throw ValidationError("--reason, --kind and --held choose among --all.")
        }
        guard !held || filter.reason == nil else {
            throw ValidationError("Held events have not ended yet, so --reason does not choose among them.")
        }
    }

    func run() throws {
        let steering = QueueSteering(try shared.load().settings.database.connect(for: "queue retry"))
        guard all else { return try retryEach(steering) }
        let retried = try retryAll(steering)
        if output.json {
            try Output.print(json: retried)
        } else {
            Output.print("\(retried.count) events are queued again.")
        }
    }

    private func retryAll(_ steering: QueueSteering) throws -> [QueueSteering.Retried] {
        let progress = ProgressLine("Events queued again")
        defer { progress.finish() }
        guard !held else { return try steering.retryAllHeld(kind: filter.kind) { progress.update($0) } }
        return try steering.retryAllDead(reason: filter.reason, kind: filter.kind) { progress.update($0) }
    }

    private func retryEach(_ steering: QueueSteering) throws {
        let tried = OneByOne(ids) { id throws(PostgresError) in (id: id, newID: try steering.retry(id)) }
        let retried = tried.done.compactMap { id, newID in
            newID.map { QueueSteering.Retried(eventID: id, newEventID: $0) }
        }
        if output.json {
            try Output.print(json: retried)
        } else if !retried.isEmpty {
            Output.print(retried.map(\.text).joined(separator: "\n"))
        }
        if let end = tried.end { throw end }
        let missing = tried.done.filter { $0.newID == nil }.map { String($0.id) }
        let problems =
            (missing.isEmpty ? [] : ["no dead or held event: \(missing.joined(separator: ", "))"])
            + tried.refusals
        guard problems.isEmpty else {
            throw CommandFailure(
                problems.joined(separator: "; "),
                mend:
                    "See what can be retried with `notify-worker queue dead` and `queue held`, and what became of one with "
                    + "`notify-worker explain ID`.")
        }
    }
}

extension QueueSteering.Retried {
    fileprivate var text: String {
        eventID == newEventID ? "\(eventID) was held and is due now" : "\(eventID) is queued again as \(newEventID)"
    }
}
