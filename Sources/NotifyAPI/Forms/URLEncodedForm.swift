import Foundation

/// One field of a form.
struct FormField: Sendable, Hashable {
    let name: String
    let value: String
}

/// Reads `application/x-www-form-urlencoded` (URL Standard §5.1), strictly: whole escapes, valid UTF-8, a `=` in each
/// field; one line break at the end, as some send it, is no part of it.
enum URLEncodedForm {
    /// Nil for what no form sends.
    static func fields(in body: [UInt8]) -> [FormField]? {
        guard var text = String(validating: body, as: UTF8.self) else { return nil }
        if text.last?.isNewline == true { text.removeLast() }
        var fields: [FormField] = []
        for pair in text.split(separator: "&", omittingEmptySubsequences: false) {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, let name = decode(parts[0]), let value = decode(parts[1]) else { return nil }
            fields.append(FormField(name: name, value: value))
        }
        return fields
    }

    private static func decode(_ text: Substring) -> String? {
        text.replacing("+", with: " ").removingPercentEncoding
    }
}
