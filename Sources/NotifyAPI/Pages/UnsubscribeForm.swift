import HTTPTypes

/// What a POST to an unsubscribe link asks for: a form of exactly one field.
enum UnsubscribeForm {
    /// A mail program's POST (RFC 8058 §3.1), or the page's button.
    case turnOff
    case undo

    /// Ours have 70 octets, a mail program's multipart form some 200.
    static let limit = 4_096

    init(_ fields: [FormField]) throws(Problem) {
        switch fields {
        case [FormField(name: "List-Unsubscribe", value: "One-Click")],
            [FormField(name: "action", value: "unsubscribe")]:
            self = .turnOff
        case [FormField(name: "action", value: "undo")]:
            self = .undo
        default:
            throw Problem(
                status: .badRequest, code: .invalidForm,
                detail: "This link takes List-Unsubscribe=One-Click, or what its own page sends.")
        }
    }
}
