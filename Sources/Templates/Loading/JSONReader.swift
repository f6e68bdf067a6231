import Foundation

/// Reads one JSON object and knows on which line a key stands.
struct JSONReader {
    let file: String
    let json: String
    private(set) var object: [String: Any] = [:]
    private(set) var problems: [TemplateProblem] = []

    init(file: String, json: String) {
        self.file = file
        self.json = json
        do {
            if let object = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any] {
                self.object = object
            } else {
                problems.append(TemplateProblem(file: file, line: 1, message: "this must be a JSON object"))
            }
        } catch {
            let reason = (error as NSError).userInfo[NSDebugDescriptionErrorKey] as? String ?? "\(error)"
            problems.append(
                TemplateProblem(
                    file: file, line: Self.line(in: reason, of: json), message: "this is not JSON: \(reason)"))
        }
    }

    mutating func report(_ message: String, key: String) {
        problems.append(TemplateProblem(file: file, line: line(of: key), message: message))
    }

    /// A text of the file as a template. A text is one line, so that its tags stand on its key's line.
    mutating func source(_ text: String, key: String, after parent: String? = nil) -> TemplateSource {
        let line = line(of: key, after: parent)
        if text.contains(where: \.isNewline) {
            problems.append(TemplateProblem(file: file, line: line, message: "“\(key)” must be one line"))
        }
        return TemplateSource(file: file, text: text, firstLine: line ?? 1)
    }

    /// The line of the first `"key":`, or of the first one that follows `"parent":`.
    func line(of key: String, after parent: String? = nil) -> Int? {
        var start = json.startIndex
        if let parent, let range = json.range(of: "\"\(parent)\"\\s*:", options: .regularExpression) {
            start = range.upperBound
        }
        let pattern = "\"\(NSRegularExpression.escapedPattern(for: key))\"\\s*:"
        guard let range = json.range(of: pattern, options: .regularExpression, range: start..<json.endIndex) else {
            return nil
        }
        return json[..<range.lowerBound].utf8.count { $0 == 0x0A } + 1
    }

    mutating func dateStyle() -> DateStyle {
        let date = object["date"] as? [String: Any] ?? [:]
        let style = DateStyle(
            weekdays: date["weekdays"] as? [String] ?? [], months: date["months"] as? [String] ?? [],
            pattern: date["pattern"] as? String ?? "", firstDay: date["first_day"] as? String,
            zones: date["zones"] as? [String: String] ?? [:])
        guard problems.isEmpty else { return style }
        if style.weekdays.count != 7 { report("“date” needs 7 “weekdays”, Sunday first", key: "weekdays") }
        if style.months.count != 12 { report("“date” needs 12 “months”", key: "months") }
        for name in style.unknownPlaceholders { report("the date pattern has an unknown “{\(name)}”", key: "pattern") }
        if !style.pattern.contains("{zone}") { report("the date pattern must name the “{zone}”", key: "pattern") }
        return style
    }

    /// Foundation words it as "… around line 3, column 5." or "… around character 26.".
    private static func line(in reason: String, of json: String) -> Int? {
        func number(after word: String) -> Int? {
            reason.range(of: word + " [0-9]+", options: .regularExpression)
                .flatMap { Int(reason[$0].dropFirst(word.count + 1)) }
        }
        if let line = number(after: "line") { return line }
        return number(after: "character").map { json.utf8.prefix($0).count { $0 == 0x0A } + 1 }
    }
}
