import NotifyCore
import Templates

/// Whether every template can be used, with file and line of all that is wrong.
struct TemplatesCheck {
    let directory: String

    func findings() -> [CheckFinding] {
        do {
            let catalogue = try TemplateCatalogue.load(directory: directory, contracts: KindContract.events)
            let locales = Set(catalogue.kinds.flatMap { catalogue.locales(of: $0) }).sorted()
            return [.ok("templates", "\(catalogue.kinds.count) kinds in \(locales.joined(separator: ", "))")]
        } catch {
            return error.problems.map {
                .wrong("templates", $0.description, mend: "Mend the file; `notify-worker preview` shows the result.")
            }
        }
    }
}
