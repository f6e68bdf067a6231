/// Why one mail could not be rendered. Another attempt with the same event fails the same way.
///
/// Messages name the variable and never carry its value, for they are stored and logged.
package enum TemplateError: Error, Sendable, Hashable, CustomStringConvertible {
    case unknownKind(String)
    /// The templates use this variable outside of a section of its own, and the payload has nothing for it.
    case missingValue(kind: String, name: String)
    /// A link that is not `http(s)://` without white space; it would be followed from the mail.
    case unsafeLink(kind: String, name: String)

    package var description: String {
        switch self {
        case .unknownKind(let kind): "there is no template for the kind “\(PlainText.line(kind, limit: 80))”"
        case .missingValue(let kind, let name): "the templates of \(kind) need “\(name)”, and the payload has none"
        case .unsafeLink(let kind, let name): "“\(name)” in the payload of \(kind) is not an http or https address"
        }
    }
}
