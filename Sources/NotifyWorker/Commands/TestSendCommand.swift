import ArgumentParser
import NotifyCore
import SMTPSender
import Templates

struct TestSendCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test-send", abstract: "Send one real mail to an address and tell what the relay said.",
        discussion: """
            The mail is a kind's sample, marked as a test, and goes the worker's own way: same headers, same session. \
            It needs no database. NOTIFY_MAIL_ALLOW holds here too.

            Ends with 0 only if a relay accepted the mail; relays are tried in their order.
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: OutputOptions

    @Argument(help: "Where to send it.")
    var address: String

    @Option(help: "The kind whose sample is sent.", completion: .list(EventKind.allCases.map(\.rawValue)))
    var kind = EventKind.assignedConversation.rawValue

    @Option(help: "The language of the mail.")
    var locale = LanguageTag.english

    func validate() throws {
        do {
            _ = try EmailAddress(parsing: address)
        } catch {
            throw ValidationError("This is no address that mail can go to: \(error.description).")
        }
    }

    func run() throws {
        let settings = try shared.load().settings
        let relays = try settings.relays(for: "`notify-worker test-send`")
        guard settings.mail.from != nil else {
            throw SettingsError(missing: MailSettings.from, for: "`notify-worker test-send`")
        }
        if let allowed = settings.mail.allow, !allowed.contains(address) {
            throw CommandFailure(
                "NOTIFY_MAIL_ALLOW does not allow mail to this address from here",
                mend: "Add the address to it, or use one that it allows.", exit: .configuration)
        }
        let mail = try makeMail(settings).compose()
        let tries = try attempt(mail, at: relays)
        if output.json {
            try Output.print(json: tries)
        } else {
            Output.print(tries.map(\.text).joined(separator: "\n"))
        }
        guard tries.last?.isAccepted == true else { throw ExitCode(ExitStatus.failed.rawValue) }
    }

    private func makeMail(_ settings: Settings) throws -> PreviewMail {
        let catalogue = try settings.catalogue()
        guard let sample = catalogue.sample(of: kind) else {
            throw CommandFailure(
                "there is no template for \(LogText.escaped(kind))",
                mend: "Kinds: \(catalogue.kinds.joined(separator: ", ")).", exit: .usage)
        }
        let mail = try PreviewMail(
            kind: kind, locale: locale.text, timeZone: "UTC", payload: sample, settings: settings, catalogue: catalogue,
            recipient: address, banner: "This is a test.")
        locale.noteFallback(mail.rendered, kind: kind)
        return mail
    }

    private func attempt(_ mail: ComposedMail, at relays: [RelayConfiguration]) throws -> [SendTry] {
        var tries: [SendTry] = []
        for relay in relays {
            let result = try SendTry.make(mail, at: relay)
            tries.append(result)
            // A refusal is an answer; only a relay that gave none leaves the question to the next.
            guard result.mayTryNext else { break }
        }
        return tries
    }
}
