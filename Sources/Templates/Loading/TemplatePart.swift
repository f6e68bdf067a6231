/// The three files that every kind has in every locale.
enum TemplatePart: String, Sendable, CaseIterable {
    case subject = "subject.txt.mustache"
    case text = "body.txt.mustache"
    case html = "body.html.mustache"

    /// The composed template as it is parsed. No part escapes at render: values come ready for the part they go into.
    func prepared(_ template: String) -> String {
        "{{%CONTENT_TYPE:TEXT}}\n" + (self == .html ? Self.packed(template) : template)
    }

    /// Joins lines up to 500 octets, without their indentation.
    ///
    /// swift-mustache makes one token of each line; line breaks and indentation mean nothing in HTML; and a line may not pass
    /// 998 octets in a mail (RFC 5322 §2.1.1), with the values that come into it.
    private static func packed(_ html: String) -> String {
        var result = ""
        var length = 0
        for line in html.split(whereSeparator: \.isNewline) {
            let content = line.drop { $0 == " " || $0 == "\t" }
            guard !content.isEmpty else { continue }
            if length > 0 { result += length + content.utf8.count < 500 ? " " : "\n" }
            length = length + content.utf8.count < 500 ? length + content.utf8.count + 1 : content.utf8.count
            result += content
        }
        return result + "\n"
    }
}
