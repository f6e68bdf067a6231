import ArgumentParser
import Foundation

struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Look at settings, templates, database and relay, and say how to mend what is wrong.",
        discussion: """
            Changes nothing and sends no mail. Ends with 0 when all is well, 78 when something is wrong, 1 when only \
            something cannot be reached.

            --offline leaves database and relay alone, for a build that checks templates and settings.
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: OutputOptions

    @Flag(help: "Look at settings and templates only.")
    var offline = false

    func run() throws {
        let values = try shared.values()
        var findings = SettingsCheck.unknown(values)
        do {
            let settings = try Settings(values)
            findings += SettingsCheck(settings: settings).findings()
            findings += TemplatesCheck(directory: settings.mail.templates).findings()
            if !offline {
                findings += DatabaseCheck(settings: settings.database).findings()
                findings += RelayCheck(settings: settings).findings()
            }
        } catch {
            findings += CheckFinding.wrong("settings", error)
        }
        if output.json {
            try Output.print(json: findings)
        } else {
            Output.print(findings.map(\.text).joined(separator: "\n"))
        }
        let exit = findings.exit
        guard exit == .success else { throw ExitCode(exit.rawValue) }
    }
}
