import ArgumentParser
import Foundation
import NotifyCore
import SMTPSender
import Templates

struct PreviewCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "preview", abstract: "Show the mail of a kind, made from its sample or from a payload of yours.",
        discussion: """
            Needs no database and no relay. Links lead to NOTIFY_PUBLIC_URL and NOTIFY_APP_URL where these are set.

            Examples:
              notify-worker preview assigned_ticket --locale ja
              notify-worker preview assigned_ticket --html > ticket.html
              notify-worker preview conversation_note --payload @note.json --eml > note.eml
            """)

    enum Form: String, EnumerableFlag {
        case text, html, eml

        static func help(for form: Form) -> ArgumentHelp? {
            switch form {
            case .text: "The subject and the text part."
            case .html: "The HTML part."
            case .eml: "The whole message, as it goes over the wire."
            }
        }
    }

    @OptionGroup var shared: SharedOptions

    @Argument(help: "The kind of event.", completion: .list(EventKind.allCases.map(\.rawValue)))
    var kind: String

    @Option(help: "The recipient's language, such as de or pt-BR.")
    var locale = LanguageTag.english

    @Option(help: "The recipient's time zone.")
    var timeZone = "Europe/Berlin"

    @Option(help: "The payload: JSON, @FILE or -. Default: the kind's sample.json.")
    var payload: String?

    @Flag var form: Form = .text

    func validate() throws {
        guard TimeZone(identifier: timeZone) != nil else {
            throw ValidationError("--time-zone takes a name such as Europe/Berlin or Asia/Tokyo.")
        }
    }

    func run() throws {
        let settings = try shared.load().settings
        let catalogue = try settings.catalogue()
        guard let sample = catalogue.sample(of: kind) else {
            throw CommandFailure(
                "there is no template for \(LogText.escaped(kind))",
                mend: "Kinds: \(catalogue.kinds.joined(separator: ", ")).", exit: .usage)
        }
        let values = try payload.map { try Self.payload(InputText.argument($0)) } ?? sample
        let mail = try PreviewMail(
            kind: kind, locale: locale.text, timeZone: timeZone, payload: values, settings: settings,
            catalogue: catalogue)
        locale.noteFallback(mail.rendered, kind: kind)
        switch form {
        case .text: Output.print("Subject: \(mail.rendered.subject)\n\n\(mail.rendered.text)")
        case .html: Output.print(mail.rendered.html)
        case .eml: Output.write(try mail.compose().content)
        }
    }

    private static func payload(_ text: String) throws(CommandFailure) -> [String: String] {
        guard let values = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: String] else {
            throw CommandFailure("the payload is no JSON object of texts", exit: .usage)
        }
        return values
    }
}
