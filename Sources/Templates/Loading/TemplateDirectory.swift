/// The files under `templates/email`, read and scanned, with what is wrong so far.
struct TemplateDirectory: Sendable {
    struct Kind: Sendable {
        let name: String
        /// Ends with the folder's name.
        let path: String
        let sample: Sample
        /// By locale as its folder is named.
        let locales: [String: [TemplatePart: TemplateSource]]
    }

    let path: String
    private(set) var textLayout: TemplateSource
    private(set) var htmlLayout: TemplateSource
    private(set) var strings: [String: LocaleStrings] = [:]
    private(set) var kinds: [Kind] = []
    private(set) var problems: [TemplateProblem] = []

    /// Every folder in `email` but `strings` is a kind.
    init(_ directory: String) {
        var files = FileReader()
        path = directory + "/email"
        textLayout = files.template(path + "/layout.txt.mustache")
        htmlLayout = files.template(path + "/layout.html.mustache")
        strings = files.strings(path + "/strings", writesDates: true)
        for name in files.entries(path) where name != "strings" && files.isFolder(path + "/" + name) {
            kinds.append(Self.kind(name, path: path + "/" + name, files: &files))
        }
        if kinds.isEmpty, files.problems.isEmpty { files.report(path, "there is no kind of mail here") }
        problems = files.problems + strings.values.flatMap(\.problems) + kinds.flatMap(\.sample.problems)
        problems += sources.flatMap(\.problems)
    }

    /// The locales that any kind or any strings file has, and so all must have.
    var locales: [String] {
        Set(kinds.flatMap(\.locales.keys)).union(strings.keys).union([LocaleTag.lastResort]).sorted()
    }

    private var sources: [TemplateSource] {
        [textLayout, htmlLayout] + kinds.flatMap { $0.locales.values.flatMap(\.values) }
    }

    private static func kind(_ name: String, path: String, files: inout FileReader) -> Kind {
        let sampleFile = path + "/sample.json"
        let sample = Sample(file: sampleFile, json: files.text(sampleFile))
        var locales: [String: [TemplatePart: TemplateSource]] = [:]
        for locale in files.entries(path) where files.isFolder(path + "/" + locale) {
            var parts: [TemplatePart: TemplateSource] = [:]
            for part in TemplatePart.allCases {
                parts[part] = files.template("\(path)/\(locale)/\(part.rawValue)")
            }
            locales[locale] = parts
        }
        return Kind(name: name, path: path, sample: sample, locales: locales)
    }
}
