import NotifyCore
import SMTPSender
import Templates

/// The parts of the worker, made from the settings. What is missing or wrong comes as one error with all of it.
extension Settings {
    /// The relays in order of preference.
    func relays(for purpose: String) throws(SettingsError) -> [RelayConfiguration] {
        guard let url = relay.url else { throw SettingsError(missing: RelaySettings.url, for: purpose) }
        var defaults = RelayConfiguration(host: "")
        switch (relay.username, relay.password) {
        case (let username?, let password?):
            defaults.credentials = SMTPCredentials(username: username, password: password)
        case (nil, nil): break
        // A password alone serves the URLs that hold a user name.
        case (nil, let password?): defaults.credentials = SMTPCredentials(username: "", password: password)
        case (_?, nil): throw SettingsError(missing: RelaySettings.password, for: RelaySettings.username.name)
        }
        defaults.tls = relay.tls
        defaults.caFile = relay.caFile
        defaults.connections = relay.connections
        defaults.helloName = relay.helloName ?? defaults.helloName
        defaults.pipelining = relay.pipelining
        defaults.timeouts = relay.timeouts
        do throws(RelayConfigurationError) {
            let relays = try RelayConfiguration.parse(urls: url, defaults: defaults)
            return relays.map(\.withoutNamelessLogin)
        } catch {
            throw SettingsError([
                .init(invalid: RelaySettings.url, text: url, because: InvalidValue(reason: error))
            ])
        }
    }

    func identity(for purpose: String) throws(SettingsError) -> MailIdentity {
        guard let from = mail.from else { throw SettingsError(missing: MailSettings.from, for: purpose) }
        guard let publicURL = mail.publicURL else { throw SettingsError(missing: MailSettings.publicURL, for: purpose) }
        do {
            return try MailIdentity(
                from: from, domain: mail.domain, envelopeFrom: mail.envelopeFrom, replyTo: mail.replyTo,
                publicURL: publicURL, appURL: mail.appURL)
        } catch {
            throw SettingsError([
                .init(
                    name: "The mail settings", message: "do not go together: \(error.problem).",
                    mend: "Example: \(error.example)")
            ])
        }
    }

    func keyRing(for purpose: String) throws(SettingsError) -> KeyRing {
        guard let ring = keys.ring else { throw SettingsError(missing: KeySettings.secretKeys, for: purpose) }
        return ring
    }

    func catalogue() throws(CommandFailure) -> TemplateCatalogue {
        try templates { directory throws(CatalogueError) in
            try TemplateCatalogue.load(directory: directory, contracts: KindContract.events)
        }
    }

    func webPages() throws(CommandFailure) -> WebPages {
        try templates(WebPages.load)
    }

    private func templates<Loaded>(
        _ load: (_ directory: String) throws(CatalogueError) -> Loaded
    ) throws(CommandFailure) -> Loaded {
        do {
            return try load(mail.templates)
        } catch {
            let lines = error.problems.prefix(20).map { "\n  " + LogText.escaped($0.description) }.joined()
            let more = error.problems.count > 20 ? "\n  and \(error.problems.count - 20) more" : ""
            throw CommandFailure(
                "the templates in \(mail.templates) cannot be used:\(lines)\(more)",
                mend: "Mend them, or point NOTIFY_TEMPLATES at the right directory.", exit: .configuration)
        }
    }

    func rules(for purpose: String) throws -> DeliveryRules {
        DeliveryRules(
            catalogue: try catalogue(), identity: try identity(for: purpose), keyRing: try keyRing(for: purpose),
            allowed: mail.allow, schedule: times.retrySchedule, holdUnknown: Set(times.unknownHold))
    }

    /// Every required setting that is missing, at once: not one a start.
    func require(
        _ settings: [(declaration: any SettingDeclaration, isSet: Bool)], for purpose: String
    ) throws(SettingsError) {
        let missing = settings.filter { !$0.isSet }
            .flatMap { SettingsError(missing: $0.declaration, for: purpose).problems }
        guard missing.isEmpty else { throw SettingsError(missing) }
    }
}

extension RelayConfiguration {
    /// A password without a user name, which only the URLs with one were meant to take, logs nobody in.
    fileprivate var withoutNamelessLogin: RelayConfiguration {
        guard credentials?.username.isEmpty == true else { return self }
        var relay = self
        relay.credentials = nil
        return relay
    }
}
