/// The three files that every kind has in every locale.
enum TemplatePart: String, Sendable, CaseIterable {
    case subject = "subject.txt.mustache"
    case text = "body.txt.mustache"
    case html = "body.html.mustache"
}
