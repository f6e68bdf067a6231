import ArgumentParser
import Foundation
import NotifyCore
import PostgresClient
import Templates

struct EnqueueCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enqueue", abstract: "Put one event, or a file of events, into the queue.",
        discussion: """
            Calls the same SQL function as every producer, so what is refused there is refused here. Prints the \
            event's id; with a dedupe key that is taken, the earlier event's.

            --many reads JSON lines, one event a line with the names of notify.enqueue (kind, user_id, payload, \
            organization_id, dedupe_key, send_at, expires_at, actor_id, traceparent). All of them are queued or none.

            Examples:
              notify-worker enqueue --kind assigned_ticket --user 6f1c… \\
                --organization 0b2e… --payload '{"ticket_id": "7",
                  "subject": "Printer on fire", "url": "https://app.example.com/7"}'
              notify-worker enqueue --kind assigned_reminder --user 6f1c… \\
                --payload @reminder.json --send-at +10m
              producer | notify-worker enqueue --many -
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: OutputOptions

    @Option(help: "The kind of event.", completion: .list(EventKind.allCases.map(\.rawValue)))
    var kind: String?

    @Option(name: [.long, .customLong("user-id")], help: "Whom it is for: a user's id.")
    var user: UUIDArgument?

    @Option(help: "The payload: JSON, @FILE to read it from a file, or - for standard input.")
    var payload: String?

    @Option(name: [.long, .customLong("organization-id")], help: "The organisation it happened in.")
    var organization: UUIDArgument?

    @Option(help: "Within 7 days, a second event of this user and kind under this key is the first one.")
    var dedupeKey: String?

    @Option(help: "When to send it: ISO 8601 with a zone, or a wait such as +90s, +10m, +2h, +1d.")
    var sendAt: SendTimeArgument?

    @Option(help: "When it is no longer worth sending: ISO 8601 with a zone.")
    var expiresAt: String?

    @Option(help: "Who did it: a user's id. Nobody is told of what they did themselves.")
    var actor: UUIDArgument?

    @Option(help: "A file of events as JSON lines, or - for standard input.", completion: .file())
    var many: String?

    mutating func validate() throws {
        if many != nil {
            guard kind == nil, user == nil, payload == nil, organization == nil, dedupeKey == nil, sendAt == nil,
                expiresAt == nil, actor == nil
            else {
                throw ValidationError("--many stands alone: each line of the file says everything about its event.")
            }
            return
        }
        guard kind != nil, user != nil, payload != nil else {
            throw ValidationError("Give --kind, --user and --payload, or --many FILE.")
        }
        if let expiresAt, ZonedTimestamp(iso8601: expiresAt) == nil {
            throw ValidationError("--expires-at takes ISO 8601 with a zone, such as 2026-11-27T09:00:00Z.")
        }
    }

    func run() throws {
        let (settings, _) = try shared.load()
        if let many {
            try enqueueMany(many, settings)
        } else if let kind, let user, let payload {
            try enqueueOne(kind, user.id, payload, settings)
        }
    }

    private func enqueueOne(_ kind: String, _ user: UUID, _ payload: String, _ settings: Settings) throws {
        let text = try InputText.argument(payload)
        guard (try? JSONSerialization.jsonObject(with: Data(text.utf8))) is [String: Any] else {
            throw CommandFailure(
                "the payload is no JSON object", mend: "Write it like {\"ticket_id\":\"7\",…}, in single quotes.",
                exit: .usage)
        }
        let event = NewEvent(
            kind: kind, userID: user, payload: text, organizationID: organization?.id, dedupeKey: dedupeKey,
            sendTime: sendAt?.time ?? .now, expiresAt: expiresAt, actorID: actor?.id)
        let id = try EventProducer(settings.database.connect(for: "enqueue")).enqueue(event)
        if output.json {
            try Output.print(json: ["event_id": id])
        } else {
            Output.print("\(id)")
        }
    }

    private func enqueueMany(_ path: String, _ settings: Settings) throws {
        let lines = try EventLines(InputText.file(path))
        let connection = try settings.database.connect(for: "enqueue")
        let progress = ProgressLine("Events queued")
        defer { progress.finish() }
        let ids = try connection.transaction { connection -> [Int64] in
            var ids: [Int64] = []
            for batch in lines.batches() {
                do throws(PostgresError) {
                    ids += try EventProducer(connection).enqueueMany(batch.array)
                } catch {
                    throw batch.failure(error)
                }
                progress.update(ids.count, of: lines.count)
            }
            return ids
        }
        progress.finish()
        if output.json {
            try Output.print(json: ["event_ids": ids])
        } else {
            Output.print(ids.map(String.init).joined(separator: "\n"))
        }
    }
}

/// `--send-at`.
struct SendTimeArgument: ExpressibleByArgument {
    let time: NewEvent.SendTime

    init?(argument: String) {
        if ZonedTimestamp(iso8601: argument) != nil {
            time = .at(argument)
            return
        }
        let units: [Character: Double] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
        guard argument.hasPrefix("+"), let unit = argument.last.flatMap({ units[$0] }),
            let number = Int(argument.dropFirst().dropLast()), (0...1_000_000).contains(number)
        else { return nil }
        time = .afterSeconds(Double(number) * unit)
    }
}

/// A UUID on the command line.
struct UUIDArgument: ExpressibleByArgument {
    let id: UUID

    init?(argument: String) {
        guard let id = UUID(canonical: argument) else { return nil }
        self.id = id
    }
}
