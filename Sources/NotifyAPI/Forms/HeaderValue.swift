/// A header field's value with parameters, such as `multipart/form-data; boundary="x"` (RFC 9110 §5.6.6).
struct HeaderValue: Sendable, Hashable {
    /// In lower case, as it does not matter.
    let text: String
    /// By name in lower case.
    let parameters: [String: String]

    /// Nil where a parameter is no pair, stands there twice, or a quotation does not end.
    init?(_ field: some StringProtocol) {
        var rest = Substring(field)
        text = Self.take(while: { $0 != ";" }, from: &rest).trimmingFieldSpace().lowercased()
        var parameters: [String: String] = [:]
        while rest.first == ";" {
            rest.removeFirst()
            let name = Self.take(while: { $0 != "=" && $0 != ";" }, from: &rest).trimmingFieldSpace().lowercased()
            guard rest.first == "=", !name.isEmpty else {
                // An empty parameter, as behind a last semicolon, is allowed.
                guard name.isEmpty, rest.first != "=" else { return nil }
                continue
            }
            rest.removeFirst()
            guard let value = Self.value(&rest), parameters.updateValue(value, forKey: name) == nil else { return nil }
        }
        guard rest.isEmpty else { return nil }
        self.parameters = parameters
    }

    /// A token, or a quotation in which `\` takes the next character as it is.
    private static func value(_ rest: inout Substring) -> String? {
        guard rest.first == "\"" else { return String(take(while: { $0 != ";" }, from: &rest).trimmingFieldSpace()) }
        rest.removeFirst()
        var value = ""
        while let character = rest.popFirst() {
            switch character {
            case "\"":
                rest = rest.drop(while: \.isFieldSpace)
                return value
            case "\\":
                guard let escaped = rest.popFirst() else { return nil }
                value.append(escaped)
            default: value.append(character)
            }
        }
        return nil
    }

    private static func take(while condition: (Character) -> Bool, from rest: inout Substring) -> Substring {
        let taken = rest.prefix(while: condition)
        rest = rest[taken.endIndex...]
        return taken
    }
}

extension Substring {
    /// Without the white space around it that a header field may have: spaces and tabs (RFC 9110 §5.6.3).
    func trimmingFieldSpace() -> Substring {
        var text = drop(while: \.isFieldSpace)
        while text.last?.isFieldSpace == true { text.removeLast() }
        return text
    }
}

extension Character {
    fileprivate var isFieldSpace: Bool { self == " " || self == "\t" }
}
