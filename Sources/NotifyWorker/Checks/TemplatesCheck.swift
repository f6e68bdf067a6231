import NotifyCore
import Templates

/// Whether every template can be used, with file and line of all that is wrong.
struct TemplatesCheck {
    let directory: String

    func findings() -> [CheckFinding] {
        let mails = problems("Mend the file; `notify-worker preview` shows the result.") {
            () throws(CatalogueError) in
            let catalogue = try TemplateCatalogue.load(directory: directory, contracts: KindContract.events)
            let locales = Set(catalogue.kinds.flatMap { catalogue.locales(of: $0) }).sorted()
            return "\(catalogue.kinds.count) kinds in \(locales.joined(separator: ", "))"
        }
        let pages = problems("Mend the file.") { () throws(CatalogueError) in
            let pages = try WebPages.load(directory: directory)
            return "\(WebPage.allCases.count) pages in \(pages.locales.joined(separator: ", "))"
        }
        return mails + pages
    }

    private func problems(
        _ mend: String, unless load: () throws(CatalogueError) -> String
    ) -> [CheckFinding] {
        do {
            return [.ok("templates", try load())]
        } catch {
            return error.problems.map { .wrong("templates", $0.description, mend: mend) }
        }
    }
}
