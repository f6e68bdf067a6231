import SMTPSender

/// The SMTP relays and how to speak with them.
struct RelaySettings: SettingGroup {
    static let url = Setting(
        "NOTIFY_SMTP_URL",
        "relays, comma-separated, in order of preference: smtp://[user:password@]host:587[?tls=required], smtps://host",
        example: "smtp://relay.example.com:587", secrecy: .password, parse: relayURLs)
    static let username = Setting(
        "NOTIFY_SMTP_USERNAME", "login at relays whose URL has none", example: "notify", parse: SettingParser.text)
    static let password = Setting(
        "NOTIFY_SMTP_PASSWORD", "password of that login", example: "…", secrecy: .secret, parse: SettingParser.text)
    static let tls = Setting(
        "NOTIFY_SMTP_TLS", "required, opportunistic or off", standard: .value("required"), example: "required",
        parse: SettingParser.choice(RelayConfiguration.TLSMode.self))
    static let caFile = Setting(
        "NOTIFY_SMTP_CA_FILE", "PEM file of the certificate authorities to trust",
        standard: .derived("the system's authorities"), example: "/etc/ssl/certs/ca-certificates.crt",
        parse: SettingParser.readableFile)
    static let connections = Setting(
        "NOTIFY_SMTP_CONNECTIONS", "connections to each relay", standard: .value("10"), example: "10",
        parse: SettingParser.integer(1...1_000))
    static let helloName = Setting(
        "NOTIFY_SMTP_HELLO_NAME", "name given in EHLO", standard: .derived("this machine's name"),
        example: "worker.example.com", parse: hello)
    static let pipelining = Setting(
        "NOTIFY_SMTP_PIPELINING", "auto, transaction (join MAIL RCPT DATA only) or off", standard: .value("auto"),
        example: "auto", parse: SettingParser.choice(PipeliningSetting.self))
    static let timeouts = Setting(
        "NOTIFY_SMTP_TIMEOUTS", "seconds for each phase that differs from the default",
        standard: .value("connect=30,greeting=60,mail=300,rcpt=300,data=120,block=180,dot=600,quit=5,idle=30"),
        example: "connect=10,dot=300", parse: timeoutList)

    static let title = "Relay"
    static let declarations: [any SettingDeclaration] = [
        url, username, password, tls, caFile, connections, helloName, pipelining, timeouts,
    ]

    let url: String?
    let username: String?
    let password: String?
    let tls: RelayConfiguration.TLSMode
    let caFile: String?
    let connections: Int
    let helloName: String?
    let pipelining: PipeliningSetting
    let timeouts: SMTPTimeouts

    init(_ values: SettingValues) throws(SettingsError) {
        url = try values.value(Self.url)
        username = try values.value(Self.username)
        password = try values.value(Self.password)
        tls = try values.value(Self.tls) ?? .required
        caFile = try values.value(Self.caFile)
        connections = try values.value(Self.connections) ?? 10
        helloName = try values.value(Self.helloName)
        pipelining = try values.value(Self.pipelining) ?? .auto
        timeouts = try values.value(Self.timeouts) ?? SMTPTimeouts()
    }

    private static let relayURLs: SettingParser.Parser<String> = { text throws(InvalidValue) in
        // Judged with a password at hand: one that is missing shows where all settings are known.
        var defaults = RelayConfiguration(host: "")
        defaults.credentials = SMTPCredentials(username: "", password: "")
        do throws(RelayConfigurationError) {
            _ = try RelayConfiguration.parse(urls: text, defaults: defaults)
        } catch {
            throw InvalidValue(reason: error)
        }
        return text
    }

    private static let timeoutList: SettingParser.Parser<SMTPTimeouts> = { text throws(InvalidValue) in
        do throws(RelayConfigurationError) {
            return try SMTPTimeouts.parse(text)
        } catch {
            throw InvalidValue(reason: error)
        }
    }

    private static let hello: SettingParser.Parser<String> = { text throws(InvalidValue) in
        guard RelayConfiguration.isHelloName(text) else { throw InvalidValue("is no host name or address literal") }
        return text
    }
}
