import Foundation

/// Reads files and remembers which could not be read.
struct FileReader {
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

    /// The words of each locale that has a file in `folder`.
    mutating func strings(_ folder: String, writesDates: Bool) -> [String: LocaleStrings] {
        var strings: [String: LocaleStrings] = [:]
        for name in entries(folder) where name.hasSuffix(".json") {
            let file = folder + "/" + name
            let locale = String(name.dropLast(5))
            strings[locale] = LocaleStrings(
                locale: locale, file: file, json: text(file) ?? "{}", writesDates: writesDates)
        }
        return strings
    }
}
