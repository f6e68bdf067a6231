import NotifyAPI

/// Where the HTTP API listens, and whom it believes.
struct HTTPSettings: SettingGroup {
    static let host = Setting(
        "NOTIFY_HTTP_HOST", "address that the HTTP API listens on", standard: .value("127.0.0.1"), example: "0.0.0.0",
        parse: SettingParser.word)
    static let port = Setting(
        "NOTIFY_HTTP_PORT", "port that the HTTP API listens on; 0 takes a free one", standard: .value("8080"),
        example: "8080", parse: SettingParser.integer(0...65_535))
    static let trustedProxies = Setting(
        "NOTIFY_TRUSTED_PROXIES", "networks whose X-Forwarded-For is believed, comma-separated",
        example: "10.0.0.0/8,::1", parse: SettingParser.list(of: network))

    static let title = "HTTP"
    static let declarations: [any SettingDeclaration] = [host, port, trustedProxies]

    let host: String
    let port: Int
    let trustedProxies: [AddressRange]

    init(_ values: SettingValues) throws(SettingsError) {
        host = try values.value(Self.host) ?? "127.0.0.1"
        port = try values.value(Self.port) ?? 8080
        trustedProxies = try values.value(Self.trustedProxies) ?? []
    }

    private static let network: SettingParser.Parser<AddressRange> = { text throws(InvalidValue) in
        guard let range = AddressRange(text) else {
            throw InvalidValue(
                "holds something that is no IPv4 or IPv6 address, or a prefix length that does not fit it")
        }
        return range
    }
}
