/// What one request has to say, made fit for the text part and for the HTML part.
struct MailValues {
    /// In the order of the templates' variables, as all arrays here.
    let text: [String]
    let html: [String]

    init(
        _ request: RenderRequest, of kind: KindTemplates, in templates: LocaleTemplates, zones: ZoneCache
    ) throws(TemplateError) {
        for name in kind.required where (request.payload[name] ?? "").isEmpty {
            throw .missingValue(kind: kind.name, name: name)
        }
        var text: [String] = []
        var html: [String] = []
        text.reserveCapacity(templates.variables.count)
        html.reserveCapacity(templates.variables.count)
        for variable in templates.variables {
            let raw = variable.value(request)
            let shown = raw.isEmpty ? Shown.nothing : try Self.show(raw, variable, request, kind, templates, zones)
            text.append(shown.text)
            html.append(shown.html)
        }
        self.text = text
        self.html = html
    }

    private struct Shown {
        var text: String
        var html: String
        static let nothing = Shown(text: "", html: "")
    }

    private static func show(
        _ raw: String, _ variable: Variable, _ request: RenderRequest, _ kind: KindTemplates,
        _ templates: LocaleTemplates,
        _ zones: ZoneCache
    ) throws(TemplateError) -> Shown {
        switch (variable.form, variable.companion) {
        case (.link, _):
            guard Link.isSafe(raw) else { throw .unsafeLink(kind: kind.name, name: variable.name) }
            return Shown(text: raw, html: HTMLText.escapeLink(raw))
        case (.time, _):
            let moment = ZonedTimestamp(iso8601: raw)
                .map { templates.dateStyle.format($0, in: zones.zone(named: request.timeZone)) }
            return line(moment ?? raw)
        case (.text, .line):
            return line(
                PlainText.line(
                    PlainText.truncated(raw, toScalars: 4 * PlainText.teaserLimit).text, limit: PlainText.teaserLimit))
        case (.text, .cut):
            let isCut = HTMLText.excerpt(PlainText.block(raw)).isCut
            return Shown(text: "", html: isCut ? "1" : "")
        case (.text, nil):
            let block = PlainText.block(raw)
            return Shown(text: block, html: HTMLText.escape(HTMLText.excerpt(block).text))
        case (.line, _):
            return line(raw)
        }
    }

    private static func line(_ raw: String) -> Shown {
        let line = PlainText.line(raw)
        return Shown(text: line, html: HTMLText.escape(PlainText.truncated(line, toScalars: HTMLText.lineLimit).text))
    }
}
