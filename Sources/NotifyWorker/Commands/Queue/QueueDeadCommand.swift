import ArgumentParser
import NotifyCore

struct QueueDeadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dead", abstract: "List failed and expired events that can still be retried.",
        discussion: """
            Their payload is kept for 7 days. Mend the cause, then `queue retry`.

            Examples:
              notify-worker queue dead --reason template_error
              notify-worker queue dead --json | jq -r '.[].id'
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var filter: DeadFilter

    @Option(help: "Show at most so many.")
    var limit = 50

    func validate() throws {
        guard (1...100_000).contains(limit) else { throw ValidationError("--limit takes a number from 1 to 100000.") }
    }

    func run() throws {
        let connection = try shared.load().settings.database.connect(for: "queue dead")
        let events = try QueueInspection(connection).dead(reason: filter.reason, kind: filter.kind, limit: limit)
        if output.json {
            try Output.print(json: events)
        } else if events.isEmpty {
            Output.print("No dead events.")
        } else {
            Output.print(Self.table(events))
        }
    }

    static func table(_ events: [DeadEvent]) -> String {
        var table = TextTable([
            ("EVENT", .right), ("KIND", .left), ("REASON", .left), ("TRIES", .right), ("ENDED", .right),
            ("DETAIL", .left),
        ])
        for event in events {
            table.add([
                String(event.id), event.kind, event.reason, String(event.attempts),
                shortSpan(seconds: event.ageSeconds) + " ago", event.detail ?? "",
            ])
        }
        return table.text
    }
}

/// `--reason` and `--kind`, which `dead` and `retry` share.
struct DeadFilter: ParsableArguments {
    @Option(
        help: "Only events that ended for this reason.",
        completion: .list(FailureReason.allCases.map(\.rawValue) + ExpiryReason.allCases.map(\.rawValue)))
    var reason: String?

    @Option(help: "Only events of this kind.", completion: .list(EventKind.allCases.map(\.rawValue)))
    var kind: String?

    func validate() throws {
        let reasons = FailureReason.allCases.map(\.rawValue) + ExpiryReason.allCases.map(\.rawValue)
        if let reason, !reasons.contains(reason) {
            throw ValidationError("--reason takes one of \(reasons.joined(separator: ", ")).")
        }
    }
}
