internal import Foundation

/// The rule for a URL that links are built on (`NOTIFY_PUBLIC_URL`, `NOTIFY_APP_URL`): absolute, http or https, ASCII,
/// without user name, query or fragment.
package enum ServiceURL {
    /// With its scheme in lower case and without a slash at its end, so that paths can be appended.
    ///
    /// ASCII alone, for it goes into headers as it is (RFC 2369 §2, RFC 3986 §2).
    package static func parse(_ text: String) throws(InvalidSetting) -> String {
        var url = text
        while url.hasSuffix("/") { url.removeLast() }
        guard url.utf8.allSatisfy({ $0 < 0x80 }) else {
            throw refusal("is not all ASCII: write the host as xn--… and the path with %…")
        }
        guard let parts = URLComponents(string: url), let scheme = parts.scheme?.lowercased(),
            scheme == "http" || scheme == "https", let host = parts.host, !host.isEmpty
        else { throw refusal("is not an absolute http:// or https:// URL") }
        guard parts.port.map((1...65_535).contains) ?? true else {
            throw refusal("has a port that is no number from 1 to 65535")
        }
        guard parts.user == nil, parts.password == nil else { throw refusal("holds a user name or password") }
        guard parts.query == nil, parts.fragment == nil else { throw refusal("holds a query or a fragment") }
        guard WebLink.isValid(url), !url.contains(where: { "<>\"".contains($0) }) else {
            throw refusal("holds what no URL may, or is longer than \(WebLink.maximumCharacters) characters")
        }
        return scheme + url.dropFirst(scheme.count)
    }

    private static func refusal(_ problem: String) -> InvalidSetting {
        InvalidSetting(problem, example: "https://notify.example.com")
    }
}
