import ArgumentParser
import NotifyCore

struct QueueHeldCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "held", abstract: "List events that may have been sent and wait for a person.",
        discussion: """
            The relay lost the connection after the whole mail and before its answer, and NOTIFY_UNKNOWN_HOLD names the \
            kind. Ask the relay's log, then: notify-worker queue retry ID, or notify-worker queue cancel ID
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: OutputOptions

    @Option(help: "Only events of this kind.", completion: .list(EventKind.allCases.map(\.rawValue)))
    var kind: String?

    @Option(help: "Show at most so many.")
    var limit = 50

    func validate() throws {
        guard (1...100_000).contains(limit) else { throw ValidationError("--limit takes a number from 1 to 100000.") }
    }

    func run() throws {
        let connection = try shared.load().settings.database.connect(for: "queue held")
        let events = try QueueInspection(connection).held(kind: kind, limit: limit)
        if output.json {
            try Output.print(json: events)
        } else if events.isEmpty {
            Output.print("No held events.")
        } else {
            Output.print(Self.table(events))
        }
    }

    static func table(_ events: [HeldEvent]) -> String {
        var table = TextTable([
            ("EVENT", .right), ("KIND", .left), ("TRIES", .right), ("HELD", .right), ("RELAY", .left),
            ("EXPIRES", .left), ("DETAIL", .left),
        ])
        for event in events {
            table.add([
                String(event.id), event.kind, String(event.attempts),
                event.heldAt == nil ? "–" : shortSpan(seconds: event.ageSeconds), event.relay ?? "–",
                event.expiresAt.description, event.detail ?? "",
            ])
        }
        return table.text
    }
}
