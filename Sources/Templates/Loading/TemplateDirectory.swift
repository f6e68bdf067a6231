import Foundation

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
        for name in files.entries(path + "/strings") where name.hasSuffix(".json") {
            let file = path + "/strings/" + name
            let locale = String(name.dropLast(5))
            strings[locale] = LocaleStrings(locale: locale, file: file, json: files.text(file) ?? "{}")
        }
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

/// Reads files and remembers which could not be read.
private struct FileReader {
    private(set) var problems: [TemplateProblem] = []

    mutating func report(_ file: String, _ message: String) {
        problems.append(TemplateProblem(file: file, message: message))
    }

    /// Sorted, without hidden ones.
    mutating func entries(_ folder: String) -> [String] {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
            report(folder, "this folder is missing or cannot be read")
            return []
        }
        return names.filter { !$0.hasPrefix(".") }.sorted()
    }

    func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }

    mutating func text(_ file: String) -> String? {
        guard let data = FileManager.default.contents(atPath: file) else {
            report(file, "this file is missing or cannot be read")
            return nil
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            report(file, "this file is not UTF-8")
            return nil
        }
        return text
    }

    /// Line ends become LF, and those at the end of the file go: the layout says what follows.
    mutating func template(_ file: String) -> TemplateSource {
        let text = (text(file) ?? "").replacing("\r\n", with: "\n")
        let end = text.lastIndex { !$0.isNewline }.map(text.index(after:)) ?? text.startIndex
        return TemplateSource(file: file, text: String(text[..<end]))
    }
}
