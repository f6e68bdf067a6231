import ArgumentParser
import NotifyCore

struct APIKeyCreateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a key. It is shown once, now, and stored only as a hash.",
        discussion: """
            Scopes: events (enqueue, cancel, read), users (users, organisations, preferences, sessions), queue, metrics, \
            billing. Give a service only those that it needs.

            Examples:
              notify-worker api-key create "shop backend" --scope events
              notify-worker api-key create "directory sync" --scope users --expires-in-days 90
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: OutputOptions

    @Argument(help: "What the key is for, up to 100 characters.")
    var name: String

    @Option(help: "What the key may be used for; give it again for more than one.")
    var scope: [APIKeyScope]

    @Option(help: "Days until the key expires; without it the key lives until it is revoked.")
    var expiresInDays: Int?

    func validate() throws {
        guard !scope.isEmpty else { throw ValidationError("Give at least one --scope.") }
        guard expiresInDays.map({ (1...3_650).contains($0) }) != false else {
            throw ValidationError("--expires-in-days takes 1 to 3650.")
        }
    }

    func run() throws {
        let register = APIKeyRegister(try shared.load().settings.database.connect(for: "api-key create"))
        let lifetime = expiresInDays.map { Duration.seconds($0 * 86_400) }
        let (id, token) = try register.create(name: name, scopes: Set(scope), lifetime: lifetime)
        if output.json {
            try Output.print(json: Created(id: id, token: token.text))
        } else {
            Output.print(token.text)
            Output.note("Key \(id). Keep it now: it cannot be shown again.")
        }
    }

    private struct Created: Encodable {
        let id: Int64
        let token: String
    }
}

extension APIKeyScope: ExpressibleByArgument {}
