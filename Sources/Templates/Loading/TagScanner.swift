import Foundation

/// Finds the tags of a template and what is wrong with their form.
///
/// swift-mustache parses too, but stops at the first error and keeps its tokens to itself; `check` has to name every
/// mistake and every variable with its line.
enum TagScanner {
    static func scan(_ text: String, file: String, firstLine: Int) -> ([Tag], [TemplateProblem]) {
        var tags: [Tag] = []
        var problems: [TemplateProblem] = []
        var position = text.startIndex
        var line = firstLine
        while let open = text.range(of: "{{", range: position..<text.endIndex) {
            line += newlines(in: text[position..<open.lowerBound])
            let isTriple = text[open.upperBound...].first == "{"
            let close = isTriple ? "}}}" : "}}"
            guard let end = text.range(of: close, range: open.upperBound..<text.endIndex) else {
                problems.append(TemplateProblem(file: file, line: line, message: "this tag has no “\(close)”"))
                break
            }
            let inside = text[open.upperBound..<end.lowerBound]
            var tag = makeTag(inside, isTriple: isTriple, line: line, range: open.lowerBound..<end.upperBound)
            if let message = fault(of: tag, inside) {
                problems.append(TemplateProblem(file: file, line: line, message: message))
                tag.role = .faulty
            }
            tags.append(tag)
            line += newlines(in: inside)
            position = end.upperBound
        }
        return (
            tags, problems + nestingProblems(tags, file: file) + controlProblems(text, file: file, firstLine: firstLine)
        )
    }

    private static func makeTag(_ inside: Substring, isTriple: Bool, line: Int, range: Range<String.Index>) -> Tag {
        let role: Tag.Role =
            switch inside.first {
            case "{" where isTriple, "&": .unescaped
            case "#": .section
            case "^": .inverted
            case "/": .end
            case ">": .include
            case "$": .block
            case "!": .comment
            case "<", "=", "%": .faulty
            default: .variable
            }
        let name = role == .variable ? inside : inside.dropFirst()
        return Tag(role: role, name: name.trimmingCharacters(in: .whitespacesAndNewlines), line: line, range: range)
    }

    private static func fault(of tag: Tag, _ inside: Substring) -> String? {
        if tag.role == .comment { return nil }
        if tag.role == .faulty { return "mail templates do not use “{{\(inside)}}”" }
        if tag.role == .unescaped { return "“\(tag.name)” must not bypass escaping; write “{{\(tag.name)}}”" }
        if inside.contains(where: \.isNewline) { return "a tag must close on the line where it opens" }
        if tag.name.isEmpty { return "this tag has no name" }
        let isName = tag.name.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF) || byte == UInt8(ascii: "_")
        }
        return isName ? nil : "“\(tag.name)” is not a name; names have letters, digits and underscores"
    }

    private static func nestingProblems(_ tags: [Tag], file: String) -> [TemplateProblem] {
        var problems: [TemplateProblem] = []
        var open: [Tag] = []
        for tag in tags {
            switch tag.role {
            case .section, .inverted, .block:
                open.append(tag)
            case .end where open.last?.name == tag.name:
                open.removeLast()
            case .end:
                let expected = open.last.map { "“{{/\($0.name)}}” for line \($0.line)" } ?? "no end here"
                problems.append(
                    TemplateProblem(
                        file: file, line: tag.line, message: "“{{/\(tag.name)}}” closes nothing; expected \(expected)"))
                // Drop what it may have been meant to close, so that one slip is not reported twice.
                if let match = open.lastIndex(where: { $0.name == tag.name }) { open.removeSubrange(match...) }
            default:
                break
            }
        }
        return problems
            + open.map { TemplateProblem(file: file, line: $0.line, message: "“{{#\($0.name)}}” is never closed") }
    }

    private static func controlProblems(_ text: String, file: String, firstLine: Int) -> [TemplateProblem] {
        var line = firstLine
        for byte in text.utf8 {
            if byte == 0x0A { line += 1 }
            if byte < 0x20, byte != 0x0A, byte != 0x09 {
                return [TemplateProblem(file: file, line: line, message: "there is a control character (\(byte)) here")]
            }
        }
        return []
    }

    private static func newlines(in text: Substring) -> Int {
        text.utf8.count { $0 == 0x0A }
    }
}
