import NotifyCore
import SMTPSender

/// Whether each relay takes a session, and our sender, with the settings given. Sends no mail.
struct RelayCheck {
    let settings: Settings

    func findings() -> [CheckFinding] {
        guard settings.relay.url != nil else { return [] }
        do {
            let sender = settings.envelopeSender
            return try settings.relays(for: "`notify-worker check`").map { finding($0, sender: sender) }
        } catch {
            return CheckFinding.wrong("relay", error)
        }
    }

    private func finding(_ relay: RelayConfiguration, sender: String?) -> CheckFinding {
        switch RelayProbe.check(relay, sender: sender) {
        case .success(let report): report.senderRefusal.map { Self.refusal($0, relay) } ?? Self.finding(report)
        case .failure(let fault): Self.finding(fault, relay)
        }
    }

    private static func finding(_ report: RelayReport) -> CheckFinding {
        var facts = [report.isEncrypted ? report.tls ?? "encrypted" : "not encrypted"]
        if report.loginAccepted == true { facts.append("logged in") }
        facts.append(report.extensions.pipelining ? "PIPELINING" : "no PIPELINING: one round trip a command")
        if report.extensions.smtpUTF8 { facts.append("SMTPUTF8") }
        if let size = report.extensions.size, size > 0 { facts.append("mails up to \(size / 1_024) KiB") }
        let message = "\(report.relay): \(facts.joined(separator: ", "))"
        guard report.isEncrypted else {
            return .warning("relay", message, mend: "Use a relay with STARTTLS and NOTIFY_SMTP_TLS=required.")
        }
        return .ok("relay", message)
    }

    private static func refusal(_ reply: SMTPReply, _ relay: RelayConfiguration) -> CheckFinding {
        let message = "\(relay.name) takes no mail from our sender: \(reply.summary)"
        if reply.wantsLogin {
            return .wrong(
                "relay", message, mend: "Set NOTIFY_SMTP_USERNAME and NOTIFY_SMTP_PASSWORD: it wants a login.")
        }
        return reply.isPermanent
            ? .wrong(
                "relay", message,
                mend: "Use a sender that this relay lets us send from: NOTIFY_MAIL_FROM, NOTIFY_MAIL_ENVELOPE_FROM.")
            : .unreachable("relay", message, mend: "It says that this will pass; the relay's log tells why.")
    }

    private static func finding(_ fault: ConnectionFault, _ relay: RelayConfiguration) -> CheckFinding {
        let message = "\(relay.name): \(fault.message)"
        switch fault.kind {
        case .resolve, .connect, .timeout, .closed, .greeting, .hello, .badReply:
            return .unreachable(
                "relay", message, mend: "Check host and port in NOTIFY_SMTP_URL, and that no firewall is between.")
        case .tls, .startTLSMissing:
            return .wrong(
                "relay", message,
                mend: "Use a port with TLS (587 with STARTTLS, smtps:// on 465); only on a trusted network "
                    + "NOTIFY_SMTP_TLS=off.")
        case .certificate:
            return .wrong(
                "relay", message,
                mend:
                    "Use the host name that the certificate is for; trust your own authority with NOTIFY_SMTP_CA_FILE.")
        case .login:
            return .wrong("relay", message, mend: "Check user and password in NOTIFY_SMTP_URL or NOTIFY_SMTP_PASSWORD.")
        case .loginUnsafe:
            return .wrong("relay", message, mend: "Use NOTIFY_SMTP_TLS=required: a password never goes in clear.")
        }
    }
}

extension Settings {
    /// What goes into MAIL; nil where the mail settings are not whole, of which another finding tells.
    fileprivate var envelopeSender: String? {
        guard let identity = try? identity(for: "`notify-worker check`") else { return nil }
        let address = identity.envelopeSender ?? identity.from.address
        // Every relay is asked this, also one without SMTPUTF8.
        return address.requiresSMTPUTF8 ? nil : address.wireForm
    }
}
