/// The words of one language: `email/strings/<locale>.json` for mails, `web/strings/<locale>.json` for pages.
///
/// Each entry is a text, or an object of texts by kind (of mail, or page) with `*` for all others. A text may hold tags,
/// includes too. The entry `date` of the mails' words says how this language writes a moment.
struct LocaleStrings: Sendable {
    let locale: String
    let file: String
    private let entries: [String: Entry]
    let dateStyle: DateStyle
    let problems: [TemplateProblem]

    private enum Entry: Sendable {
        case forAll(TemplateSource)
        case byKind([String: TemplateSource])
    }

    init(locale: String, file: String, json: String, writesDates: Bool = true) {
        self.locale = locale
        self.file = file
        var reader = JSONReader(file: file, json: json)
        var entries: [String: Entry] = [:]
        for (name, value) in reader.object where name != "date" {
            if let text = value as? String {
                entries[name] = .forAll(reader.source(text, key: name))
            } else if let byKind = value as? [String: String] {
                entries[name] = .byKind(
                    Dictionary(uniqueKeysWithValues: byKind.map { ($0, reader.source($1, key: $0, after: name)) }))
            } else {
                reader.report("“\(name)” must be a text, or an object of texts by kind", key: name)
            }
        }
        self.entries = entries
        names = Set(reader.object.keys)
        dateStyle = writesDates ? reader.dateStyle() : .none
        problems =
            reader.problems
            + entries.values.flatMap { entry in
                switch entry {
                case .forAll(let source): source.problems
                case .byKind(let sources): sources.values.flatMap(\.problems)
                }
            }
    }

    /// Those with mistakes too.
    let names: Set<String>

    /// The words under `name` for that kind; nil if there are none.
    func source(_ name: String, kind: String) -> TemplateSource? {
        switch entries[name] {
        case .forAll(let source): source
        case .byKind(let sources): sources[kind] ?? sources["*"]
        case nil: nil
        }
    }

    /// What is wrong between the languages in one folder: each has all the words that any of them has.
    static func problems(of strings: [String: LocaleStrings], in folder: String, locales: [String]) -> [TemplateProblem]
    {
        let names = strings.values.reduce(into: Set<String>()) { $0.formUnion($1.names) }
        return locales.flatMap { locale in
            guard let present = strings[locale] else {
                return [
                    TemplateProblem(
                        file: "\(folder)/\(locale).json", message: "the words of the locale “\(locale)” are missing")
                ]
            }
            return names.subtracting(present.names).sorted()
                .map { TemplateProblem(file: present.file, message: "“\($0)” is missing; other locales have it") }
        }
    }
}
