/// All settings, checked.
struct Settings: Sendable {
    let database: DatabaseSettings
    let relay: RelaySettings
    let mail: MailSettings
    let http: HTTPSettings
    let keys: KeySettings
    let times: TimeSettings
    let logs: LogSettings

    /// Every group, in the order that help and listings show.
    static let groups: [any SettingGroup.Type] = [
        DatabaseSettings.self, RelaySettings.self, MailSettings.self, HTTPSettings.self, KeySettings.self,
        TimeSettings.self, LogSettings.self,
    ]

    /// - Throws: `SettingsError` with every problem, so that one look mends all of them.
    init(_ values: SettingValues) throws(SettingsError) {
        let problems = Self.problems(of: values)
        guard problems.isEmpty else { throw SettingsError(problems) }
        database = try DatabaseSettings(values)
        relay = try RelaySettings(values)
        mail = try MailSettings(values)
        http = try HTTPSettings(values)
        keys = try KeySettings(values)
        times = try TimeSettings(values)
        logs = try LogSettings(values)
    }

    static func problems(of values: SettingValues) -> [SettingsError.Problem] {
        groups.flatMap { $0.declarations }.flatMap { declaration in problems(of: declaration, in: values) }
    }

    private static func problems(
        of setting: any SettingDeclaration, in values: SettingValues
    ) -> [SettingsError.Problem] {
        let given: GivenSetting?
        do {
            given = try values.given(setting)
        } catch {
            return error.problems
        }
        guard let given else { return [] }
        do {
            try setting.check(given.text)
            return []
        } catch {
            return [.init(invalid: setting, text: given.text, because: error)]
        }
    }
}

/// Settings that belong together.
protocol SettingGroup: Sendable {
    static var title: String { get }
    static var declarations: [any SettingDeclaration] { get }
    init(_ values: SettingValues) throws(SettingsError)
}
