/// Makes a catalogue of what a directory holds, and finds all that is wrong on the way.
struct CatalogueBuilder {
    private let directory: TemplateDirectory
    private let contracts: [String: KindContract]
    private(set) var problems: [TemplateProblem]

    init(_ directory: TemplateDirectory, contracts: [KindContract]) {
        self.directory = directory
        self.contracts = Dictionary(uniqueKeysWithValues: contracts.map { ($0.kind, $0) })
        problems = directory.problems
    }

    /// Each mistake once (a layout is looked at for each kind and locale), in the order of files and lines.
    var sortedProblems: [TemplateProblem] { TemplateProblem.sorted(problems) }

    /// Empty as soon as there is a problem: half a catalogue would fail later, one mail at a time.
    mutating func build() -> [KindTemplates] {
        checkKinds()
        checkLocales()
        let drafts = directory.kinds.map { draft($0) }
        // What follows needs sound templates; unsound ones would only echo the mistakes found above.
        guard problems.isEmpty else { return [] }
        return drafts.map { finish($0) }
    }

    private struct Draft {
        let kind: TemplateDirectory.Kind
        let parts: [String: [TemplatePart: Composition]]
        let required: [String]
    }

    /// Without its folder every event of a kind would fail, one mail at a time.
    private mutating func checkKinds() {
        for kind in Set(contracts.keys).subtracting(directory.kinds.map(\.name)).sorted() {
            report("\(directory.path)/\(kind)", "the kind “\(kind)” is missing; events of it are enqueued")
        }
        for kind in directory.kinds {
            guard let contract = contracts[kind.name] else { continue }
            problems += kind.sample.problems(against: contract)
        }
    }

    private mutating func checkLocales() {
        problems += LocaleStrings.problems(
            of: directory.strings, in: directory.path + "/strings", locales: directory.locales)
        for locale in directory.locales where directory.strings[locale] != nil {
            for kind in directory.kinds where kind.locales[locale] == nil {
                report("\(kind.path)/\(locale)", "the locale “\(locale)” is missing; other kinds or strings have it")
            }
        }
    }

    private mutating func draft(_ kind: TemplateDirectory.Kind) -> Draft {
        var parts: [String: [TemplatePart: Composition]] = [:]
        for (locale, sources) in kind.locales {
            guard let strings = directory.strings[locale] else { continue }
            parts[locale] = compose(sources, strings: strings, kind: kind.name)
            if let subject = sources[.subject] { checkSubject(subject) }
        }
        let compositions = parts.values.flatMap(\.values)
        let usage = VariableUsage(compositions.flatMap(\.uses), kind: kind, contract: contracts[kind.name])
        problems += usage.problems + compositions.flatMap(\.problems)
        return Draft(kind: kind, parts: parts, required: usage.required)
    }

    private func compose(
        _ sources: [TemplatePart: TemplateSource], strings: LocaleStrings, kind: String
    ) -> [TemplatePart: Composition] {
        var result: [TemplatePart: Composition] = [:]
        let subject = sources[.subject]
        if let subject {
            result[.subject] = Composition(frame: subject, strings: strings, kind: kind, escapesWords: false)
        }
        if let body = sources[.text] {
            result[.text] = Composition(
                frame: directory.textLayout, body: body, subject: subject, strings: strings, kind: kind,
                escapesWords: false)
        }
        if let body = sources[.html] {
            result[.html] = Composition(
                frame: directory.htmlLayout, body: body, subject: subject, strings: strings, kind: kind,
                escapesWords: true)
        }
        return result
    }

    private mutating func checkSubject(_ subject: TemplateSource) {
        if subject.text.isEmpty {
            report(subject.file, "the subject is empty", line: 1)
        } else if subject.text.contains(where: \.isNewline) {
            report(subject.file, "a subject is one line", line: 2)
        }
    }

    private mutating func finish(_ draft: Draft) -> KindTemplates {
        var locales: [String: LocaleTemplates] = [:]
        for (locale, parts) in draft.parts {
            guard let strings = directory.strings[locale] else { continue }
            locales[LocaleTag.normalized(locale)] = parse(
                parts, locale: locale, strings: strings, path: draft.kind.path)
        }
        let kind = KindTemplates(
            name: draft.kind.name, sample: draft.kind.sample.payload, required: draft.required, locales: locales)
        for templates in locales.values { renderSample(of: kind, templates, path: draft.kind.path) }
        return kind
    }

    private mutating func parse(
        _ parts: [TemplatePart: Composition], locale: String, strings: LocaleStrings, path: String
    ) -> LocaleTemplates? {
        let names = VariableNames(Set(parts.values.flatMap { $0.uses.map(\.name) }).sorted())
        guard names.names.count <= VariableNames.limit else {
            report("\(path)/\(locale)", "these templates use more than \(VariableNames.limit) variables")
            return nil
        }
        var parsed: [TemplatePart: PartTemplate] = [:]
        for (part, composition) in parts {
            do {
                parsed[part] = try PartTemplate(composition.template, names: names)
            } catch {
                report("\(path)/\(locale)/\(part.rawValue)", "with its layout and words this is not Mustache: \(error)")
            }
        }
        guard let subject = parsed[.subject], let text = parsed[.text], let html = parsed[.html] else { return nil }
        return LocaleTemplates(
            locale: locale, subject: subject, text: text, html: html, variables: names.names.map(Variable.init),
            dateStyle: strings.dateStyle)
    }

    /// Renders the sample whole, and with no more than the required values.
    private mutating func renderSample(of kind: KindTemplates, _ templates: LocaleTemplates, path: String) {
        let folder = "\(path)/\(templates.locale)"
        for payload in [kind.sample, kind.sample.filter { kind.required.contains($0.key) }] {
            let request = RenderRequest(
                kind: kind.name, payload: payload, recipientName: "Kim",
                preferencesURL: "https://example.com/preferences")
            do {
                let mail = templates.render(try MailValues(request, of: kind, in: templates, zones: ZoneCache()))
                if mail.subject.isEmpty {
                    report("\(folder)/\(TemplatePart.subject.rawValue)", "the sample has an empty subject")
                }
            } catch {
                report(folder, "the sample cannot be rendered: \(error)")
            }
        }
    }

    private mutating func report(_ file: String, _ message: String, line: Int? = nil) {
        problems.append(TemplateProblem(file: file, line: line, message: message))
    }
}
