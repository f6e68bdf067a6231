/// Whether every setting that a worker needs is there. That the values are good was checked before.
struct SettingsCheck {
    let settings: Settings

    /// Names that are no setting, whether or not the others are good.
    static func unknown(_ values: SettingValues) -> [CheckFinding] {
        UnknownSettings.problems(values).map { .warning("settings", $0.text, mend: $0.mend) }
    }

    func findings() -> [CheckFinding] {
        var findings: [CheckFinding] = []
        do {
            try settings.require(settings.neededToRun, for: "`notify-worker run`")
            findings.append(.ok("settings", "all that a worker needs are there"))
        } catch {
            findings += CheckFinding.wrong("settings", error)
        }
        if let url = settings.mail.publicURL, url.hasPrefix("http://") {
            findings.append(
                .warning(
                    "settings", "NOTIFY_PUBLIC_URL is not https: mails carry no one-click unsubscribe (RFC 8058)",
                    mend: "Serve it over https; large mailbox providers ask bulk senders for one-click unsubscribe."))
        }
        if settings.mail.allow != nil {
            findings.append(
                .warning(
                    "settings", "NOTIFY_MAIL_ALLOW is set: all other recipients are skipped as not_allowed_here",
                    mend: "Unset it in production."))
        }
        return findings
    }
}

extension Settings {
    /// What `run` cannot do without.
    var neededToRun: [(declaration: any SettingDeclaration, isSet: Bool)] {
        [
            (DatabaseSettings.url, database.url != nil), (RelaySettings.url, relay.url != nil),
            (MailSettings.from, mail.from != nil), (MailSettings.publicURL, mail.publicURL != nil),
            (KeySettings.secretKeys, keys.ring != nil),
        ]
    }
}
