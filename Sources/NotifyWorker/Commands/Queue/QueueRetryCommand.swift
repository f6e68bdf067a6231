import ArgumentParser
import NotifyCore

struct QueueRetryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry", abstract: "Put dead and held events back into the queue.",
        discussion: """
            A dead event becomes a new one that names it; the old outcome stays. A held event is due at once, with the \
            attempts it had: its reader may get the mail twice, both with one Message-ID. Ends with 1 if one of the ids \
            is neither.

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
        var missing: [Int64] = []
        let retried = all ? try retryAll(steering) : try retryEach(steering, missing: &missing)
        if output.json {
            try Output.print(json: retried)
        } else if all {
            Output.print("\(retried.count) events are queued again.")
        } else if !retried.isEmpty {
            Output.print(retried.map(\.text).joined(separator: "\n"))
        }
        guard missing.isEmpty else {
            throw CommandFailure(
                "no dead or held event: \(missing.map(String.init).joined(separator: ", "))",
                mend:
                    "See what can be retried with `notify-worker queue dead` and `queue held`, and what became of one with "
                    + "`notify-worker explain ID`.")
        }
    }

    private func retryAll(_ steering: QueueSteering) throws -> [QueueSteering.Retried] {
        let progress = ProgressLine("Events queued again")
        defer { progress.finish() }
        guard !held else { return try steering.retryAllHeld(kind: filter.kind) { progress.update($0) } }
        return try steering.retryAllDead(reason: filter.reason, kind: filter.kind) { progress.update($0) }
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

extension QueueSteering.Retried {
    fileprivate var text: String {
        eventID == newEventID ? "\(eventID) was held and is due now" : "\(eventID) is queued again as \(newEventID)"
    }
}
