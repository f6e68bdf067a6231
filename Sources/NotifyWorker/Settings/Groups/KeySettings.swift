/// The ring of keys that tokens and hashes are made with.
struct KeySettings: SettingGroup {
    static let secretKeys = Setting(
        "NOTIFY_SECRET_KEYS",
        "keys, base64 of 32 random bytes each, comma-separated, newest first; keep old ones for a year",
        example: "\"$(openssl rand -base64 32)\"", secrecy: .secret, parse: ring)

    static let title = "Keys"
    static let declarations: [any SettingDeclaration] = [secretKeys]

    let secretKeys: String?

    init(_ values: SettingValues) throws(SettingsError) {
        secretKeys = try values.value(Self.secretKeys)
    }

    private static let ring: SettingParser.Parser<String> = SettingParser.text
}
