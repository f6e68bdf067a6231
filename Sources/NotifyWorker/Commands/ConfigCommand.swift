import ArgumentParser

struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Show every setting, its present value and where it came from.",
        discussion: """
            Secrets are masked. A value that is wrong is shown with what is wrong about it, and the command then ends \
            with 78.

            Examples:
              notify-worker config
              notify-worker config --config /etc/notify-worker.json
              notify-worker config --json | jq '.settings[] | select(.problem)'
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let values = try shared.values()
        let listing = SettingsListing(values)
        if output.json {
            try Output.print(json: listing)
        } else {
            Output.print(listing.text)
        }
        for problem in UnknownSettings.problems(values) { Output.note("notify-worker: \(problem.text)") }
        if listing.settings.contains(where: { $0.problem != nil }) {
            throw ExitCode(ExitStatus.configuration.rawValue)
        }
    }
}
