/// Every mail that the worker can write: kinds × locales, read and parsed once at start.
///
/// Immutable, so any number of threads may render at once. Rendering does no I/O.
package struct TemplateCatalogue: Sendable {
    private let templates: [String: KindTemplates]
    private let zones = ZoneCache()

    init(_ kinds: [KindTemplates]) {
        templates = Dictionary(uniqueKeysWithValues: kinds.map { ($0.name, $0) })
    }

    /// Reads `directory` (the one that holds `email/`) and refuses it with all that is wrong.
    ///
    /// - Parameter contracts: the kinds that must be there. Others are held against their own sample alone.
    package static func load(
        directory: String, contracts: [KindContract]
    ) throws(CatalogueError) -> TemplateCatalogue {
        var builder = CatalogueBuilder(TemplateDirectory(directory), contracts: contracts)
        let kinds = builder.build()
        guard builder.problems.isEmpty else { throw CatalogueError(problems: builder.sortedProblems) }
        return TemplateCatalogue(kinds)
    }

    package var kinds: [String] { templates.keys.sorted() }

    /// As their folders are named; empty for a kind that does not exist.
    package func locales(of kind: String) -> [String] {
        templates[kind]?.locales.values.map(\.locale).sorted() ?? []
    }

    /// The kind's `sample.json`, for checks and previews.
    package func sample(of kind: String) -> [String: String]? {
        templates[kind]?.sample
    }

    /// Writes one mail in the best locale there is (`pt-BR → pt → en`).
    package func render(_ request: RenderRequest) throws(TemplateError) -> RenderedMail {
        guard let kind = templates[request.kind],
            let templates = LocaleTag.bestMatch(for: request.locale, in: kind.locales)
        else { throw .unknownKind(request.kind) }
        return templates.render(try MailValues(request, of: kind, in: templates, zones: zones))
    }
}
