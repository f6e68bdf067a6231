/// One `{{…}}` of a template, where it stands and what it does.
struct Tag: Sendable {
    enum Role: Sendable, Equatable {
        /// `{{name}}`
        case variable
        /// `{{#name}}`: rendered if there is a value
        case section
        /// `{{^name}}`: rendered if there is none
        case inverted
        /// `{{/name}}`
        case end
        /// `{{> name}}`: the kind's body or subject, or words from the strings file, put in at load
        case include
        /// `{{$name}}`: a place in the layout that a body fills
        case block
        /// `{{! … }}`
        case comment
        /// `{{{name}}}` or `{{&name}}`
        case unescaped
        /// Mustache that mails do not use (`{{<…}}`, `{{=…}}`, `{{%…}}`) or no Mustache; reported, then passed over
        case faulty
    }

    var role: Role
    let name: String
    let line: Int
    let range: Range<String.Index>
}

/// A template's text, the file it came from and the tags in it.
struct TemplateSource: Sendable {
    let file: String
    let text: String
    let tags: [Tag]
    let problems: [TemplateProblem]

    /// - Parameter firstLine: the line of `file` on which `text` begins.
    init(file: String, text: String, firstLine: Int = 1) {
        self.file = file
        self.text = text
        (tags, problems) = TagScanner.scan(text, file: file, firstLine: firstLine)
    }
}
