import ArgumentParser
import Templates

/// A BCP 47 tag at the command line, by its shape: what `notify.upsert_user` takes for a user. Anything else ends with 64.
struct LanguageTag: ExpressibleByArgument {
    static let english = LanguageTag(text: "en")

    let text: String

    private init(text: String) {
        self.text = text
    }

    init?(argument: String) {
        guard argument.utf8.count <= 35, argument.wholeMatch(of: /[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*/) != nil else {
            return nil
        }
        text = argument
    }

    var defaultValueDescription: String { text }

    /// Says so when a mail was made in another language than this one, which no template has.
    func noteFallback(_ rendered: RenderedMail, kind: String) {
        guard rendered.locale.lowercased() != text.lowercased() else { return }
        Output.note("notify-worker: \(LogText.escaped(kind)) has no templates in \(text); this is \(rendered.locale)")
    }
}
