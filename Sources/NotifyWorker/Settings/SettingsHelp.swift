import ArgumentParser
import Foundation

/// The settings as `--help` shows them, below what the argument parser wrote.
enum SettingsHelp {
    /// Whether this is the help of a command that people set the program up with.
    static func isWanted(in help: String) -> Bool {
        help == NotifyWorkerCommand.helpMessage()
    }

    static var text: String {
        let values = SettingValues(environment: ProcessInfo.processInfo.environment)
        return """
            SETTINGS
              In the environment, or under the same names in a JSON file (--config FILE). Shown with their present \
            values.

            \(SettingsListing(values).text)
            """
    }
}
