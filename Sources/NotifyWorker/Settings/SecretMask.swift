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
        // Passwords of a libpq URI's query first: one may hold a raw @, which would pass for the end of the user part.
        let query = body.firstRange(of: /(?i)(password|passfile)=/)?.lowerBound ?? body.endIndex
        let (head, tail) = (body[..<query], body[query...])
        let shownTail = tail.replacing(/(?i)(password|passfile)=[^&]*/) { match in "\(match.1)=\(mask)" }
        // The last @ ends the user part, wherever a raw one stands in a password; a password with a raw slash or
        // question mark makes the end of the authority doubtful, so the last @ before those of the query counts.
        guard let at = head.lastIndex(of: "@") else {
            // The colon may part host and port, or it begins a password that holds what looks like a query.
            guard !(head.contains(":") && tail.contains("@")) else { return nil }
            return "\(url[..<query])\(shownTail)"
        }
        let user = head[..<at].prefix { $0 != ":" }
        let password = user.endIndex == at ? "" : ":" + mask
        return "\(url[..<scheme.upperBound])\(user)\(password)\(head[at...])\(shownTail)"
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
