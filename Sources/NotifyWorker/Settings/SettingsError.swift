/// Why settings could not be used: every problem that was found, not just the first. Exit code 78.
struct SettingsError: Error {
    let problems: [Problem]

    /// One setting that is missing or wrong. Never holds a secret.
    struct Problem: Sendable, Hashable {
        let name: String
        /// What is wrong, as a whole sentence without the name.
        let message: String
        /// What to do about it.
        let mend: String

        var text: String { "\(name) \(message)" }
    }

    init(_ problems: [Problem]) {
        self.problems = problems
    }

    init(missing setting: any SettingDeclaration, for purpose: String) {
        let file = setting.fileName.map { ", or \($0)=FILE" } ?? ""
        let mend = "Set it in the environment or with --config FILE: \(setting.name)=\(setting.example)\(file)"
        self.init([Problem(name: setting.name, message: "is not set, and \(purpose) needs it.", mend: mend)])
    }
}
