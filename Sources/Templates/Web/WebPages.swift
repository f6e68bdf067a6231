/// Every page × every locale, read and parsed once at start like `TemplateCatalogue`.
package struct WebPages: Sendable {
    /// The one `<style>` of all pages, exactly as it stands in them, for the hash that lets a browser apply it.
    package let style: String
    /// By normalised tag.
    private let pages: [String: LocalePages]

    struct LocalePages: Sendable {
        /// As its file is named.
        let locale: String
        let pages: [WebPage: PartTemplate]
        /// What a switch is called, by the kind of mail that it is for: the same word as in the mail.
        let switchNames: [String: String]
    }

    init(style: String, locales: [String: LocalePages]) {
        self.style = style
        pages = locales
    }

    /// Reads `directory` (the one that holds `web/` and `email/`) and refuses it with all that is wrong with the pages.
    package static func load(directory: String) throws(CatalogueError) -> WebPages {
        var builder = WebPagesBuilder(WebDirectory(directory))
        let pages = builder.build()
        guard builder.problems.isEmpty else { throw CatalogueError(problems: builder.sortedProblems) }
        return pages
    }

    /// As their files are named.
    package var locales: [String] { pages.values.map(\.locale).sorted() }

    /// Writes one page in the first of the reader's locales that there is (`pt-BR → pt`), else in English.
    package func render(_ request: WebPageRequest) -> RenderedWebPage {
        let match = request.locales.lazy.compactMap { LocaleTag.match(for: $0, in: pages) }.first
        guard let locale = match ?? pages[LocaleTag.lastResort], let page = locale.pages[request.page] else {
            preconditionFailure("a catalogue without a page in \(LocaleTag.lastResort)")
        }
        let values = request.page.variables.map { Self.value($0, request, locale) }
        return RenderedWebPage(html: page.render(values), locale: locale.locale)
    }

    private static func value(
        _ variable: WebPage.Variable, _ request: WebPageRequest, _ locale: LocalePages
    ) -> String {
        switch variable {
        case .organizationName: line(request.organizationName ?? "")
        case .switchName: line(request.kind.flatMap { locale.switchNames[$0] } ?? "")
        case .appURL: request.appURL.flatMap { Link.isSafe($0) ? HTMLText.escapeLink($0) : nil } ?? ""
        case .mayUndo: request.mayUndo ? "1" : ""
        }
    }

    /// Browsers make no links of text, so nothing in it needs breaking.
    private static func line(_ raw: String) -> String {
        HTMLText.escapeLink(PlainText.line(raw, limit: HTMLText.lineLimit))
    }
}
