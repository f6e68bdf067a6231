/// How a payload's value is shown, told by its name, so that a new kind needs no Swift.
enum ValueForm: Sendable {
    /// Names, subjects, priorities: white space collapses, never a line break.
    case line
    /// What people wrote, over several lines.
    case text
    /// An absolute http(s) address, whole and unchanged.
    case link
    /// An ISO 8601 time, shown in the recipient's language and zone.
    case time

    init(ofVariable name: String) {
        switch name {
        case "note", "preview", "message": self = .text
        case "url": self = .link
        case _ where name.hasSuffix("_url"): self = .link
        case _ where name.hasSuffix("_at"): self = .time
        default: self = .line
        }
    }

    /// The variable behind a companion of a text: `note` for `note_line` (its beginning, in one line) and `note_cut`
    /// (set if the HTML part shows only its beginning). Any other name stands for itself.
    static func base(of name: String) -> String {
        for suffix in [lineSuffix, cutSuffix] where name.hasSuffix(suffix) {
            let base = String(name.dropLast(suffix.utf8.count))
            if ValueForm(ofVariable: base) == .text { return base }
        }
        return name
    }

    static let lineSuffix = "_line"
    static let cutSuffix = "_cut"
}
