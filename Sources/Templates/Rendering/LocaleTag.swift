/// BCP 47 tags as far as choosing a folder needs them (RFC 4647 §3.4, lookup).
enum LocaleTag {
    static let lastResort = "en"

    /// `pt_BR` and `PT-br` are both `pt-br`.
    static func normalized(_ tag: String) -> String {
        String(tag.lowercased().map { $0 == "_" ? "-" : $0 })
    }

    /// The best of `available` (whose keys are normalised) for `tag`: `pt-BR → pt → en`.
    static func bestMatch<Value>(for tag: String, in available: [String: Value]) -> Value? {
        match(for: tag, in: available) ?? available[lastResort]
    }

    /// `pt-BR → pt`; nil where neither is there.
    ///
    /// POSIX forms such as `de_DE.UTF-8` or `ca@valencia` lose what follows the dot or the at sign.
    static func match<Value>(for tag: String, in available: [String: Value]) -> Value? {
        if let exact = available[tag] { return exact }
        var candidate = normalized(tag)[...]
        if let end = candidate.firstIndex(where: { $0 == "." || $0 == "@" }) { candidate = candidate[..<end] }
        while !candidate.isEmpty {
            if let match = available[String(candidate)] { return match }
            candidate = candidate[..<(candidate.lastIndex(of: "-") ?? candidate.startIndex)]
        }
        return nil
    }
}
