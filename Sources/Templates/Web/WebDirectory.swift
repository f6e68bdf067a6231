/// The files under `templates/web`, and the names of the switches out of those under `templates/email`.
struct WebDirectory: Sendable {
    let path: String
    let layout: TemplateSource
    let pages: [WebPage: TemplateSource]
    let strings: [String: LocaleStrings]
    /// The mails' words: what is wrong with them is for `TemplateDirectory` to report.
    let mailStrings: [String: LocaleStrings]
    let kinds: [String]
    let problems: [TemplateProblem]

    init(_ directory: String) {
        var files = FileReader()
        path = directory + "/web"
        layout = files.template(path + "/layout.html.mustache")
        var pages: [WebPage: TemplateSource] = [:]
        for page in WebPage.allCases { pages[page] = files.template("\(path)/\(page.rawValue).html.mustache") }
        self.pages = pages
        strings = files.strings(path + "/strings", writesDates: false)
        problems =
            files.problems + strings.values.flatMap(\.problems) + layout.problems + pages.values.flatMap(\.problems)

        var mail = FileReader()
        mailStrings = mail.strings(directory + "/email/strings", writesDates: true)
        kinds = mail.entries(directory + "/email")
            .filter { $0 != "strings" && mail.isFolder("\(directory)/email/\($0)") }
    }

    /// The locales that pages or mails have, and so both must have.
    var locales: [String] {
        Set(strings.keys).union(mailStrings.keys).union([LocaleTag.lastResort]).sorted()
    }
}
