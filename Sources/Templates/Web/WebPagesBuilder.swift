import Foundation

/// Makes the pages of what a directory holds, and finds all that is wrong on the way.
struct WebPagesBuilder {
    private let directory: WebDirectory
    private(set) var problems: [TemplateProblem]

    init(_ directory: WebDirectory) {
        self.directory = directory
        problems = directory.problems
    }

    /// Each mistake once (the layout is looked at for each page and locale), in the order of files and lines.
    var sortedProblems: [TemplateProblem] { TemplateProblem.sorted(problems) }

    mutating func build() -> WebPages {
        problems += LocaleStrings.problems(
            of: directory.strings, in: directory.path + "/strings", locales: directory.locales)
        var locales: [String: WebPages.LocalePages] = [:]
        for (locale, strings) in directory.strings {
            locales[LocaleTag.normalized(locale)] = WebPages.LocalePages(
                locale: locale, pages: pages(strings), switchNames: switchNames(locale))
        }
        return WebPages(style: style(), locales: locales)
    }

    private mutating func pages(_ strings: LocaleStrings) -> [WebPage: PartTemplate] {
        var parsed: [WebPage: PartTemplate] = [:]
        for (page, body) in directory.pages {
            let composition = Composition(
                frame: directory.layout, body: body, strings: strings, kind: page.rawValue, escapesWords: true)
            problems += composition.problems
            composition.uses.forEach { check($0, in: page) }
            do {
                parsed[page] = try PartTemplate(composition.template, names: VariableNames(page.variableNames))
            } catch  where problems.isEmpty {
                report(body.file, "with the layout and the words of “\(strings.locale)” this is not Mustache: \(error)")
            } catch {
                // The mistakes found above are why.
            }
        }
        return parsed
    }

    /// The layout is every page's: what only some pages have may stand there in a section.
    private mutating func check(_ use: Composition.Use, in page: WebPage) {
        let names = use.file == directory.layout.file ? WebPage.allVariables : Set(page.variableNames)
        if !names.contains(use.name) {
            let list = names.isEmpty ? "none" : names.sorted().joined(separator: ", ")
            report(
                use.file, "“\(use.name)” is no variable of the page “\(page.rawValue)”; it has \(list)", line: use.line)
        } else if !use.isSection, !use.isGuarded {
            report(
                use.file, "“\(use.name)” may be missing; put “{{#\(use.name)}}…{{/\(use.name)}}” around it",
                line: use.line)
        }
    }

    private mutating func switchNames(_ locale: String) -> [String: String] {
        guard let strings = directory.mailStrings[locale] else {
            report("\(directory.path)/strings/\(locale).json", "the mails have no locale “\(locale)”")
            return [:]
        }
        var names: [String: String] = [:]
        for kind in directory.kinds {
            if let source = strings.source("switch", kind: kind), source.tags.isEmpty {
                names[kind] = source.text
            } else {
                report(strings.file, "“switch” has no plain words for \(kind), which the pages need")
            }
        }
        return names
    }

    /// What stands between `<style>` and `</style>`. A tag in there would make it another text than the one hashed.
    private mutating func style() -> String {
        let text = directory.layout.text
        guard let open = text.range(of: "<style>"), let close = text.range(of: "</style>"),
            open.upperBound <= close.lowerBound,
            text.range(of: "<style", range: close.upperBound..<text.endIndex) == nil,
            !directory.layout.tags.contains(where: { $0.range.overlaps(open.upperBound..<close.lowerBound) })
        else {
            report(directory.layout.file, "the layout needs one “<style>” element, and no tags in it")
            return ""
        }
        return String(text[open.upperBound..<close.lowerBound])
    }

    private mutating func report(_ file: String, _ message: String, line: Int? = nil) {
        problems.append(TemplateProblem(file: file, line: line, message: message))
    }
}

extension WebPage {
    fileprivate static let allVariables = Set(allCases.flatMap(\.variableNames))
}
