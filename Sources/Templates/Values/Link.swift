/// What may stand behind a button or in an address line.
enum Link {
    /// `http://` or `https://` and at least one more byte, without white space, controls, quotes or angle brackets.
    ///
    /// Producers' addresses are checked when they are queued; this is the last look before a person can follow one.
    static func isSafe(_ value: String) -> Bool {
        let bytes = value.utf8
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else { return false }
        let scheme = value[..<colon].lowercased()
        guard scheme == "http" || scheme == "https", value[colon...].hasPrefix("://"), bytes.count > scheme.utf8.count + 3
        else { return false }
        return value.unicodeScalars.allSatisfy { scalar in
            switch scalar {
            case "\"", "<", ">", "\u{7F}"..."\u{A0}": false
            default: scalar.value > 0x20 && !scalar.properties.isWhitespace && !scalar.properties.isBidiControl
            }
        }
    }
}
