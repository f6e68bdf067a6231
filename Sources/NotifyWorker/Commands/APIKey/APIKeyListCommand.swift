import ArgumentParser
import NotifyCore

struct APIKeyListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Show every key: what it may do, when it was last used, whether it still works.")

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let entries = try APIKeyRegister(try shared.load().settings.database.connect(for: "api-key list")).list()
        if output.json {
            try Output.print(json: entries)
            return
        }
        guard !entries.isEmpty else {
            Output.print("No keys. Make one with `notify-worker api-key create NAME --scope events`.")
            return
        }
        var table = TextTable([
            ("id", .right), ("key", .left), ("scopes", .left), ("created", .left), ("last used", .left),
            ("expires", .left), ("state", .left), ("name", .left),
        ])
        for entry in entries {
            table.add([
                "\(entry.id)", entry.hint + "…", entry.scopes.joined(separator: ","), entry.createdAt.date,
                entry.lastUsedAt.map { $0.date } ?? "never", entry.expiresAt.map { $0.date } ?? "never",
                entry.state, entry.name,
            ])
        }
        Output.print(table.text)
    }
}
