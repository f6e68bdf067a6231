import NotifyCore

/// The ring of keys that tokens and hashes are made with.
struct KeySettings: SettingGroup {
    static let secretKeys = Setting(
        "NOTIFY_SECRET_KEYS",
        "keys, base64 of 32 random bytes each, comma-separated, newest first; keep old ones for a year",
        example: "\"$(openssl rand -base64 32)\"", secrecy: .secret, parse: parse)

    static let title = "Keys"
    static let declarations: [any SettingDeclaration] = [secretKeys]

    let ring: KeyRing?

    init(_ values: SettingValues) throws(SettingsError) {
        ring = try values.value(Self.secretKeys)
    }

    private static let parse: SettingParser.Parser<KeyRing> = { text throws(InvalidValue) in
        do throws(InvalidSetting) {
            return try KeyRing(parsing: text)
        } catch {
            throw InvalidValue(reason: error)
        }
    }
}
