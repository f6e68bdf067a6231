/// One setting of the program, declared once: reading, checking, `--help` and `notify-worker config` all come from
/// this.
struct Setting<Value: Sendable>: SettingDeclaration {
    let name: String
    let summary: String
    let standard: SettingStandard
    let example: String
    let secrecy: SettingSecrecy
    /// Turns the text into the value. Its error never holds the text: the text may be a secret.
    let parse: @Sendable (String) throws(InvalidValue) -> Value

    init(
        _ name: String, _ summary: String, standard: SettingStandard = .none, example: String,
        secrecy: SettingSecrecy = .plain, parse: @escaping @Sendable (String) throws(InvalidValue) -> Value
    ) {
        self.name = name
        self.summary = summary
        self.standard = standard
        self.example = example
        self.secrecy = secrecy
        self.parse = parse
    }

    func check(_ text: String) throws(InvalidValue) {
        _ = try parse(text)
    }
}

/// A setting without its type, for lists.
protocol SettingDeclaration: Sendable {
    /// The name of the environment variable and of the key in the settings file.
    var name: String { get }
    /// What it is, with its unit, in one line.
    var summary: String { get }
    var standard: SettingStandard { get }
    /// A good value, shown where a value is missing or wrong.
    var example: String { get }
    var secrecy: SettingSecrecy { get }
    func check(_ text: String) throws(InvalidValue)
}

extension SettingDeclaration {
    /// The name that gives the value's file instead; secrets only.
    var fileName: String? { secrecy == .plain ? nil : name + "_FILE" }
}

/// What holds where a setting is not given.
enum SettingStandard: Sendable, Hashable {
    /// Nothing: what needs it says that it is missing.
    case none
    case value(String)
    /// Worked out from elsewhere; the text says from where.
    case derived(String)
}

enum SettingSecrecy: Sendable, Hashable {
    case plain
    /// Never shown.
    case secret
    /// A URL, a comma-separated list of URLs or a libpq conninfo: shown with its passwords masked.
    case password
}

/// What is wrong with a value, as a clause that follows the value: "is not a whole number". Never holds the value.
struct InvalidValue: Error {
    let message: String

    init(_ message: String) {
        self.message = message
    }

    /// From a parser whose errors are whole sentences.
    init(reason: some Error & CustomStringConvertible) {
        message = "cannot be used: \(reason.description)"
    }
}
