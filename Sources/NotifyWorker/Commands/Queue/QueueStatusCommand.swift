import ArgumentParser
import NotifyCore

struct QueueStatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show how much waits, how long the oldest has, and who works on it.",
        discussion: """
            States: leased (a worker has it), ready (due now), retrying (waits after an attempt), scheduled (due \
            later), held (a person decides).
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let connection = try shared.load().settings.database.connect(for: "queue status")
        let inspection = QueueInspection(connection)
        let status = QueueStatus(depth: try inspection.depth(), workers: try inspection.workers())
        if output.json {
            try Output.print(json: status)
        } else {
            Output.print(status.text)
        }
    }
}

/// What `queue status` shows.
struct QueueStatus: Encodable {
    let depth: [QueueDepth]
    let workers: [WorkerStatus]

    var text: String {
        [depthText, workersText].joined(separator: "\n\n")
    }

    private var depthText: String {
        guard !depth.isEmpty else { return "The queue is empty." }
        var table = TextTable([("STATE", .left), ("KIND", .left), ("EVENTS", .right), ("OLDEST", .right)])
        for row in depth {
            let age = row.oldestAgeSeconds > 0 ? shortSpan(seconds: row.oldestAgeSeconds) : "–"
            table.add([row.state, row.kind, String(row.events), age])
        }
        return table.text
    }

    private var workersText: String {
        guard !workers.isEmpty else { return "No worker has signed on. Start one with: notify-worker run" }
        var table = TextTable([
            ("WORKER", .left), ("NAME", .left), ("STARTED", .left), ("LAST SIGN", .right), ("HOLDS", .right),
            ("STATE", .left),
        ])
        for worker in workers {
            table.add([
                String(worker.id), worker.name, worker.startedAt.description,
                shortSpan(seconds: worker.heartbeatAgeSeconds) + " ago", String(worker.leasedEvents),
                worker.isAlive ? "alive" : "lease ran out \(shortSpan(seconds: -worker.leaseEndsInSeconds)) ago",
            ])
        }
        return table.text
    }
}
