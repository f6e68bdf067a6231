import ArgumentParser
import Foundation
import Logging

/// What every command takes, and how it comes to its settings.
struct SharedOptions: ParsableArguments {
    @Option(
        name: .long, help: "A JSON file with settings, under the names of the environment variables, which win.",
        completion: .file(extensions: ["json"]))
    var config: String?

    /// The texts of the settings; unknown names are reported on stderr.
    func values() throws -> SettingValues {
        let environment = ProcessInfo.processInfo.environment
        return SettingValues(environment: environment, file: try config.map { try SettingsFile(path: $0) })
    }

    /// The settings, checked, and the logging that they ask for.
    func load() throws -> (settings: Settings, logs: Logs) {
        let values = try values()
        let unknown = UnknownSettings.problems(values)
        let settings: Settings
        do {
            settings = try Settings(values)
        } catch {
            // Nothing can be logged yet, and a slip in a name may be what the others come from.
            throw SettingsError(error.problems + unknown)
        }
        let logs = Logs(
            level: settings.logs.level, format: settings.logs.format, environment: ProcessInfo.processInfo.environment)
        logs.bootstrap()
        let logger = logs.logger("notify.settings")
        for problem in unknown {
            logger.warning("Unknown setting", metadata: ["detail": .string(problem.text)])
        }
        return (settings, logs)
    }
}

/// `--json`, for the commands whose result a program would read.
struct OutputOptions: ParsableArguments {
    @Flag(name: .long, help: "Print the result as JSON.")
    var json = false
}
