import Logging

/// What is written where besides the work itself.
struct LogSettings: SettingGroup {
    static let level = Setting(
        "NOTIFY_LOG_LEVEL", "least log level: trace, debug, info, notice, warning, error or critical",
        standard: .value("info"), example: "debug", parse: SettingParser.choice(Logger.Level.self))
    static let format = Setting(
        "NOTIFY_LOG_FORMAT", "text or json", standard: .derived("text on a terminal, else json"), example: "json",
        parse: SettingParser.choice(LogFormat.self))
    static let journalDirectory = Setting(
        "NOTIFY_JOURNAL_DIR",
        "directory of the journal that a killed worker's successor reads; on a local disk or tmpfs",
        example: "/run/notify-worker", parse: SettingParser.text)

    static let title = "Else"
    static let declarations: [any SettingDeclaration] = [level, format, journalDirectory]

    let level: Logger.Level
    let format: LogFormat?
    let journalDirectory: String?

    init(_ values: SettingValues) throws(SettingsError) {
        level = try values.value(Self.level) ?? .info
        format = try values.value(Self.format)
        journalDirectory = try values.value(Self.journalDirectory)
    }
}
