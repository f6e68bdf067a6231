import ArgumentParser

struct QueueCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queue", abstract: "See and steer what waits, and what failed.",
        subcommands: [
            QueueStatusCommand.self, QueueDeadCommand.self, QueueHeldCommand.self, QueueRetryCommand.self,
            QueueCancelCommand.self,
        ])
}
