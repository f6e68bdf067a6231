extension RelayConfiguration {
    /// Reads `NOTIFY_SMTP_URL`: `smtp://[user:password@]host[:587][?tls=required]` or `smtps://host[:465]`, several
    /// separated by commas in order of preference.
    ///
    /// - Parameter defaults: everything that a URL does not say. Its user name and password serve a URL without.
    package static func parse(
        urls: String, defaults: RelayConfiguration = RelayConfiguration(host: "")
    ) throws(RelayConfigurationError) -> [RelayConfiguration] {
        guard isHelloName(defaults.helloName) else {
            throw RelayConfigurationError("the hello name must be a host name such as mail.example.com")
        }
        guard (1...1_000).contains(defaults.connections) else {
            throw RelayConfigurationError("the number of connections must be from 1 to 1000")
        }
        var relays: [RelayConfiguration] = []
        for (index, url) in urls.split(separator: ",").map(\.trimmed).filter({ !$0.isEmpty }).enumerated() {
            do {
                relays.append(try RelayURL(url).applied(to: defaults))
            } catch {
                throw RelayConfigurationError("relay URL \(index + 1) \(error.message)")
            }
        }
        guard !relays.isEmpty else {
            throw RelayConfigurationError(
                "no relay is set: give a URL such as smtp://user:password@mail.example.com:587")
        }
        return relays
    }
}

/// The parts of one relay URL. Errors never quote the URL: it may hold a password.
private struct RelayURL {
    private var usesImplicitTLS = false
    private var user: String?
    private var password: String?
    private var host = ""
    private var port: Int?
    private var tls: RelayConfiguration.TLSMode?

    init(_ url: String) throws(RelayConfigurationError) {
        var rest = Substring(url)
        if let found = Self.dropPrefix("smtp://", of: rest) {
            rest = found
        } else if let found = Self.dropPrefix("smtps://", of: rest) {
            rest = found
            usesImplicitTLS = true
        } else {
            throw RelayConfigurationError(
                "must begin with smtp:// or smtps:// (a comma inside a password is written %2C)"
            )
        }
        if let mark = rest.lastIndex(of: "?"), !rest[mark...].contains("@") {
            try readOptions(rest[rest.index(after: mark)...])
            rest = rest[..<mark]
        }
        if rest.hasSuffix("/") { rest = rest.dropLast() }
        if let at = rest.lastIndex(of: "@") {
            try readUser(rest[..<at])
            rest = rest[rest.index(after: at)...]
        }
        try readHost(rest)
    }

    func applied(to defaults: RelayConfiguration) throws(RelayConfigurationError) -> RelayConfiguration {
        var relay = defaults
        relay.host = host
        relay.usesImplicitTLS = usesImplicitTLS
        relay.port = port ?? (usesImplicitTLS ? 465 : 587)
        if let tls { relay.tls = tls }
        guard let user else { return relay }
        guard let password = password ?? defaults.credentials?.password else {
            throw RelayConfigurationError(
                "has a user name and no password: write user:password@, or set the password apart")
        }
        relay.credentials = SMTPCredentials(username: user, password: password)
        return relay
    }

    private static func dropPrefix(_ prefix: String, of text: Substring) -> Substring? {
        text.prefix(prefix.count).lowercased() == prefix ? text.dropFirst(prefix.count) : nil
    }

    private mutating func readOptions(_ query: Substring) throws(RelayConfigurationError) {
        for option in query.split(separator: "&") {
            let pair = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.first == "tls" else {
                throw RelayConfigurationError("has an option that is not known: tls is the only one")
            }
            guard pair.count == 2, let mode = RelayConfiguration.TLSMode(rawValue: String(pair[1])) else {
                throw RelayConfigurationError("has an unknown tls option: use required, opportunistic or off")
            }
            tls = mode
        }
        if usesImplicitTLS, tls == .off || tls == .opportunistic {
            throw RelayConfigurationError(
                "asks for smtps and no TLS at once: smtps:// is always encrypted, use smtp://")
        }
    }

    private mutating func readUser(_ text: Substring) throws(RelayConfigurationError) {
        let pair = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let name = Self.percentDecoded(pair[0]), !name.isEmpty else {
            throw RelayConfigurationError("has a user name that is empty or badly percent-encoded")
        }
        user = name
        guard pair.count == 2 else { return }
        guard let secret = Self.percentDecoded(pair[1]) else {
            throw RelayConfigurationError("has a password with a bad percent-encoding: % itself is written %25")
        }
        password = secret
    }

    private mutating func readHost(_ text: Substring) throws(RelayConfigurationError) {
        var portText: Substring?
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            host = String(text[text.index(after: text.startIndex)..<end])
            let rest = text[text.index(after: end)...]
            guard rest.isEmpty || rest.hasPrefix(":") else {
                throw RelayConfigurationError("has something other than a port after the ] of its address")
            }
            portText = rest.isEmpty ? nil : rest.dropFirst()
            guard host.contains(":"), host.utf8.allSatisfy({ $0 == 0x3A || $0 == 0x2E || Self.hexValue($0) != nil })
            else {
                throw RelayConfigurationError("has no IPv6 address between its brackets, as in smtp://[::1]:587")
            }
        } else {
            let pair = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            host = String(pair[0])
            portText = pair.count == 2 ? pair[1] : nil
            guard RelayConfiguration.isHelloName(host), !host.contains("["), !host.contains("]") else {
                throw RelayConfigurationError(
                    "has no valid host name (an @ or / inside a password is written %40 or %2F)")
            }
        }
        guard let portText else { return }
        guard let number = Int(portText), (1...65_535).contains(number) else {
            throw RelayConfigurationError(
                "has a port that is no number from 1 to 65535 "
                    + "(IPv6 addresses stand in brackets; in a password , is %2C and @ is %40)"
            )
        }
        port = number
    }

    private static func percentDecoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == 0x25 else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(hexValue), let low = rest.popFirst().flatMap(hexValue) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        guard !bytes.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func hexValue(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 0x30...0x39: digit - 0x30
        case 0x41...0x46: digit - 0x37
        case 0x61...0x66: digit - 0x57
        default: nil
        }
    }
}
