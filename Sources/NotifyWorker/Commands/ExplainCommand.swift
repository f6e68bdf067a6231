import ArgumentParser
import NotifyCore

struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Show the whole life of one event: why it was or was not sent.",
        discussion: "The relay's replies are shown with the recipient's address replaced.")

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: OutputOptions

    @Argument(help: "The event's id, as enqueue gave it.")
    var eventID: Int64

    func run() throws {
        let connection = try shared.load().settings.database.connect(for: "explain")
        guard let history = try EventHistory.read(eventID, from: connection) else {
            throw CommandFailure(
                "the database knows no event \(eventID)",
                mend: "Check the id; outcomes are dropped after NOTIFY_RETENTION_DAYS.")
        }
        if output.json {
            try Output.print(json: history)
        } else {
            Output.print(EventStory(history).text)
        }
    }
}
