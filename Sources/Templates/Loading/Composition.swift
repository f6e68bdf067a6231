/// One part of one kind in one locale: layout, body and words put together into a single template.
///
/// Done when the catalogue is loaded, so that a mail's rendering meets only literal text and its own values.
struct Composition: Sendable {
    /// A variable that the composed template names, where it was written.
    struct Use: Sendable {
        let name: String
        let file: String
        let line: Int
        let isSection: Bool
        /// Whether a section of that very variable stands around it.
        let isGuarded: Bool
    }

    private(set) var template = ""
    private(set) var uses: [Use] = []
    private(set) var problems: [TemplateProblem] = []

    private let escapesWords: Bool
    private let kind: String
    private let strings: LocaleStrings
    private let body: TemplateSource?
    private let subject: TemplateSource?
    private var guards: [String] = []
    /// What is being taken in now, outermost first.
    private var including: [String] = []
    private var inclusions = 0
    private var isFull = false
    /// Words that hold words twice, which hold words twice, and so on, are soon more than memory holds.
    private static let mostInclusions = 1_000
    private static let largest = 1 << 20  // octets

    private enum Origin { case frame, body, words }

    /// Composes `frame`, which takes in `{{> body}}`, `{{> subject}}` and words. A subject is its own frame.
    init(
        frame: TemplateSource, body: TemplateSource? = nil, subject: TemplateSource? = nil, strings: LocaleStrings,
        kind: String, escapesWords: Bool
    ) {
        self.escapesWords = escapesWords
        self.kind = kind
        self.strings = strings
        self.body = body
        self.subject = subject
        append(frame, origin: .frame)
        checkBlocks(of: body, against: frame)
    }

    private mutating func append(_ source: TemplateSource, origin: Origin) {
        append(source, tags: source.tags.indices, text: source.text.startIndex..<source.text.endIndex, origin: origin)
    }

    private mutating func append(_ source: TemplateSource, tags: Range<Int>, text: Range<String.Index>, origin: Origin)
    {
        var position = text.lowerBound
        var index = tags.lowerBound
        while index < tags.upperBound {
            let tag = source.tags[index]
            append(literal: source.text[position..<tag.range.lowerBound], origin: origin)
            position = tag.range.upperBound
            index += 1
            if tag.role == .block {
                let end = Self.end(of: index - 1, in: source) ?? tags.upperBound
                fill(tag, from: source, tags: index..<end, origin: origin)
                if end < tags.upperBound {
                    position = Self.afterLineBreak(
                        source.tags[end].range.upperBound, in: source.text, unless: origin == .frame)
                }
                index = end + 1
            } else {
                append(tag, of: source)
            }
        }
        append(literal: source.text[position..<text.upperBound], origin: origin)
    }

    private mutating func append(literal: Substring, origin: Origin) {
        template += origin == .words && escapesWords ? HTMLText.escapeLink(String(literal)) : String(literal)
    }

    private mutating func append(_ tag: Tag, of source: TemplateSource) {
        switch tag.role {
        case .variable:
            note(tag, of: source, isSection: false)
            template += "{{\(tag.name)}}"
        case .section:
            note(tag, of: source, isSection: true)
            guards.append(tag.name)
            template += "{{#\(VariableNames.flag(tag.name))}}"
        case .inverted:
            note(tag, of: source, isSection: true)
            guards.append("")
            template += "{{^\(VariableNames.flag(tag.name))}}"
        case .end:
            _ = guards.popLast()
            template += "{{/\(VariableNames.flag(tag.name))}}"
        case .include:
            include(tag, of: source)
        case .comment:
            template += "{{! }}"
        case .block, .unescaped, .faulty:
            break
        }
    }

    private mutating func include(_ tag: Tag, of source: TemplateSource) {
        let inner: (source: TemplateSource, origin: Origin)? =
            switch tag.name {
            case "body": body.map { ($0, .body) }
            case "locale": (TemplateSource(file: strings.file, text: strings.locale), .words)
            case "subject": subject.map { ($0, .body) }
            default: strings.source(tag.name, kind: kind).map { ($0, .words) }
            }
        guard let inner else {
            report(tag, of: source, "“\(tag.name)” is not in \(strings.file) for \(kind)")
            return
        }
        guard !including.contains(tag.name) else {
            report(tag, of: source, "“\(tag.name)” includes itself")
            return
        }
        guard isRoomLeft(for: tag, of: source) else { return }
        including.append(tag.name)
        append(inner.source, origin: inner.origin)
        including.removeLast()
    }

    private mutating func isRoomLeft(for tag: Tag, of source: TemplateSource) -> Bool {
        guard !isFull else { return false }
        inclusions += 1
        isFull = inclusions > Self.mostInclusions || template.utf8.count > Self.largest
        if isFull {
            report(
                tag, of: source,
                "this takes in more than \(Self.mostInclusions) parts or \(Self.largest) octets, part by part")
        }
        return !isFull
    }

    /// In the layout a block is a place, filled by the body's block of that name or else by its own content; in a
    /// body it is skipped.
    private mutating func fill(_ tag: Tag, from source: TemplateSource, tags: Range<Int>, origin: Origin) {
        guard origin == .frame else { return }
        if let body, let start = body.tags.firstIndex(where: { $0.role == .block && $0.name == tag.name }),
            let end = Self.end(of: start, in: body)
        {
            let text = body.tags[start].range.upperBound..<body.tags[end].range.lowerBound
            append(body, tags: start + 1..<end, text: text, origin: .body)
        } else if tags.upperBound < source.tags.count {
            let text = tag.range.upperBound..<source.tags[tags.upperBound].range.lowerBound
            append(source, tags: tags, text: text, origin: origin)
        }
    }

    /// A block that the layout lacks would vanish without a word.
    private mutating func checkBlocks(of body: TemplateSource?, against frame: TemplateSource) {
        let places = Set(frame.tags.lazy.filter { $0.role == .block }.map(\.name))
        for tag in body?.tags ?? [] where tag.role == .block && !places.contains(tag.name) {
            report(
                tag, of: body ?? frame,
                "the layout has no place “{{$\(tag.name)}}”; it has \(places.sorted().joined(separator: ", "))")
        }
    }

    private mutating func note(_ tag: Tag, of source: TemplateSource, isSection: Bool) {
        let isGuarded = guards.contains(tag.name) || guards.contains(ValueForm.base(of: tag.name))
        uses.append(Use(name: tag.name, file: source.file, line: tag.line, isSection: isSection, isGuarded: isGuarded))
    }

    private mutating func report(_ tag: Tag, of source: TemplateSource, _ message: String) {
        problems.append(TemplateProblem(file: source.file, line: tag.line, message: message))
    }

    /// The index of the tag that closes the one at `index`.
    private static func end(of index: Int, in source: TemplateSource) -> Int? {
        var depth = 0
        for (offset, tag) in source.tags[index...].enumerated() {
            switch tag.role {
            case .section, .inverted, .block: depth += 1
            case .end: depth -= 1
            default: break
            }
            if depth == 0 { return index + offset }
        }
        return nil
    }

    private static func afterLineBreak(_ index: String.Index, in text: String, unless isKept: Bool) -> String.Index {
        !isKept && index < text.endIndex && text[index] == "\n" ? text.index(after: index) : index
    }
}
