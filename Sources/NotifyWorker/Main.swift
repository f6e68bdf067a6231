import ArgumentParser
import Foundation
import Glibc
import NotifyCore
import PostgresClient
import Threads

/// The entry: signals that must not kill us, then the command, then one clear message if it failed.
@main
enum Main {
    static func main() async {
        // First of all: a relay or database that hangs up must be an error that we handle, not our death.
        signal(SIGPIPE, SIG_IGN)
        occupyStandardDescriptors()
        unblockStopSignals()
        AllocatorArenas.bound()
        var status = await run(Array(CommandLine.arguments.dropFirst()))
        if let fault = Output.fault, status == ExitStatus.success.rawValue {
            Output.note("cannot write the result to stdout: \(fault)")
            status = ExitStatus.failed.rawValue
        }
        Logs.standardError.flush(within: .seconds(1))
        exit(status)
    }

    /// Where stdin, stdout or stderr is closed, the next file or connection would get its number, and a log line would go
    /// to the relay or into the journal. What is opened here cannot be written, so writing still fails.
    private static func occupyStandardDescriptors() {
        while true {
            let descriptor = open("/dev/null", O_RDONLY)
            guard descriptor <= STDERR_FILENO else {
                close(descriptor)
                return
            }
            guard descriptor >= 0 else { return }
        }
    }

    /// A parent may have started us with these blocked, as one does that forks from Swift's own thread pool: we could
    /// then be killed but not stopped.
    private static func unblockStopSignals() {
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in [SIGTERM, SIGINT] { sigaddset(&signals, number) }
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    }

    private static func run(_ arguments: [String]) async -> Int32 {
        do {
            var command = try NotifyWorkerCommand.parseAsRoot(arguments)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            return ExitStatus.success.rawValue
        } catch let failure as CommandFailure {
            return report(FailureReport(failure))
        } catch let error as SettingsError {
            return report(FailureReport(error))
        } catch let error as MigrationError {
            return report(FailureReport(CommandFailure(error)))
        } catch let error as PostgresError {
            return report(FailureReport(CommandFailure(error)))
        } catch {
            return reportParsed(error)
        }
    }

    private static func report(_ report: FailureReport) -> Int32 {
        Output.note(report.text)
        return report.exit.rawValue
    }

    /// What the argument parser throws: help and version too, which are no failures.
    private static func reportParsed(_ error: any Error) -> Int32 {
        let status = NotifyWorkerCommand.exitCode(for: error).rawValue
        let text = NotifyWorkerCommand.fullMessage(for: error)
        if status == ExitStatus.success.rawValue {
            Output.print(SettingsHelp.isWanted(in: text) ? text + "\n\n" + SettingsHelp.text : text)
        } else if !text.isEmpty {
            Output.note(text)
        }
        return status
    }
}
