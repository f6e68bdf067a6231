/// What may stand behind a button or in an address line.
enum Link {
    /// `http://` or `https://` and at least one more byte, without white space, controls, quotes or angle brackets.
    ///
    /// Producers' addresses are checked when they are queued; this is the last look before a person can follow one.
    static func isSafe(_ value: String) -> Bool {
        guard let end = value.utf8.firstIndex(of: UInt8(ascii: ":")), value.utf8[end...].starts(with: "://".utf8) else {
            return false
        }
        let scheme = value[..<end].lowercased()
        guard scheme == "http" || scheme == "https", value.utf8.count > scheme.utf8.count + 3 else { return false }
        // Nearly every address is plain ASCII, and Unicode's properties cost 20 ns a scalar.
        let isPlain = value.utf8.allSatisfy { byte in
            byte > 0x20 && byte < 0x7F && byte != 0x22 && byte != 0x3C && byte != 0x3E
        }
        return isPlain || value.unicodeScalars.allSatisfy(isAllowed)
    }

    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "\"", "<", ">", "\u{7F}"..."\u{A0}": false
        default: scalar.value > 0x20 && !scalar.properties.isWhitespace && !scalar.properties.isBidiControl
        }
    }
}
