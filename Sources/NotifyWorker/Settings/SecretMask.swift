/// Shows a setting without its secrets.
enum SecretMask {
    static let mask = "********"
    /// Longer values are cut: a message stays one line.
    private static let maximumShown = 200

    /// The text as it may be shown; nil where nothing of it may.
    static func shown(_ text: String, secrecy: SettingSecrecy) -> String? {
        switch secrecy {
        case .secret: nil
        case .plain: cut(LogText.escaped(text))
        case .password: maskingPasswords(text).map { cut(LogText.escaped($0)) }
        }
    }

    /// The URLs or the conninfo with passwords replaced; nil where the form is not clear enough to be sure.
    static func maskingPasswords(_ text: String) -> String? {
        guard text.contains("://") else { return maskingConninfo(text) }
        // A comma parts URLs, but stands inside a libpq URI's host list and may stand inside a password: what follows
        // one is a URL of its own only if it starts like one.
        var masked: [String] = []
        var rest = Substring(text)
        while let scheme = rest.firstRange(of: "://") {
            let next = rest[scheme.upperBound...].firstMatch(of: /,\s*[A-Za-z][A-Za-z0-9+.\-]*:\/\//)?.range
            let url = rest[..<(next?.lowerBound ?? rest.endIndex)]
            guard let shown = maskingURL(url) else { return nil }
            masked.append(shown)
            guard let next else { return masked.joined(separator: ",") }
            rest = rest[next.lowerBound...].dropFirst().drop(while: \.isWhitespace)
        }
        return nil
    }

    private static func maskingURL(_ url: Substring) -> String? {
        guard let scheme = url.firstRange(of: "://") else { return nil }
        let body = url[scheme.upperBound...]
        var shown = String(url[..<scheme.upperBound])
        // The last @ ends the user part, wherever a raw one stands in a password; a password with a raw slash or
        // question mark makes the end of the authority doubtful, so the last @ of the whole counts.
        if let at = body.lastIndex(of: "@") {
            let user = body[..<at].prefix { $0 != ":" }
            shown += user + (user.endIndex == at ? "" : ":" + mask)
            shown += maskingQuery(body[at...])
        } else {
            shown += maskingQuery(body)
        }
        return shown
    }

    /// Masks `password=…` and `sslpassword=…` in a libpq URI's query.
    private static func maskingQuery(_ text: Substring) -> String {
        String(text).replacing(/(?i)(password|passfile)=[^&]*/) { match in "\(match.1)=\(mask)" }
    }

    /// `host=… password='…'`, as libpq reads it: blanks around `=`, quotes, backslashes.
    private static func maskingConninfo(_ text: String) -> String? {
        guard text.contains("=") else { return nil }
        return text.replacing(/(?i)(password\s*=\s*)('(?:[^'\\]|\\.)*'?|(?:[^\s'\\]|\\.)(?:[^\s\\]|\\.)*)/) { match in
            "\(match.1)\(mask)"
        }
    }

    private static func cut(_ text: String) -> String {
        text.count <= maximumShown ? text : text.prefix(maximumShown) + "…"
    }
}
