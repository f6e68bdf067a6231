import ArgumentParser

/// The program: its commands and nothing else.
struct NotifyWorkerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "notify-worker",
        abstract: "Turns events in PostgreSQL into e-mails, and never sends one that its reader switched off.",
        discussion: """
            Exit codes: 0 done, 1 failed, 64 wrong command line, 78 wrong or missing setting. Results go to stdout, \
            logs and messages to stderr.
            """,
        subcommands: [
            RunCommand.self, MigrateCommand.self, CheckCommand.self, EnqueueCommand.self, QueueCommand.self,
            ExplainCommand.self, PreviewCommand.self, TestSendCommand.self, APIKeyCommand.self,
            ConfigCommand.self, DemoCommand.self,
        ])
}
