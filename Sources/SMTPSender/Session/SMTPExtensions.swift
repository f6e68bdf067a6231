/// What a relay offered in its reply to EHLO (RFC 5321 §4.1.1.1).
package struct SMTPExtensions: Sendable, Hashable {
    /// Every keyword with its parameters as the relay wrote them, for people.
    package private(set) var offered: [String] = []
    /// RFC 2920
    package private(set) var pipelining = false
    /// RFC 6152
    package private(set) var eightBitMIME = false
    /// RFC 6531
    package private(set) var smtpUTF8 = false
    /// RFC 1870: nil when SIZE is not offered; zero when it is without a limit.
    package private(set) var size: Int?
    /// RFC 3207
    package private(set) var startTLS = false
    /// RFC 4954: the login mechanisms.
    package private(set) var mechanisms: [String] = []

    /// - Parameter lines: the keywords, one each; for tests and for `init(ehlo:)`.
    package init(_ lines: [String] = []) {
        for line in lines where !line.isEmpty {
            offered.append(line)
            let words = line.uppercased().split(whereSeparator: { $0 == " " || $0 == "=" }).map(String.init)
            switch words.first {
            case "PIPELINING": pipelining = true
            case "8BITMIME": eightBitMIME = true
            case "SMTPUTF8": smtpUTF8 = true
            case "SIZE": size = words.count > 1 ? max(0, Int(words[1]) ?? 0) : 0
            case "STARTTLS": startTLS = true
            case "AUTH":
                for mechanism in words.dropFirst() where !mechanisms.contains(mechanism) {
                    mechanisms.append(mechanism)
                }
            default: break
            }
        }
    }

    /// - Parameter ehlo: the lines of the reply without codes; the first is the relay's name and greeting.
    init(ehlo lines: [ArraySlice<UInt8>]) {
        self.init(lines.dropFirst().map { SMTPReply.safeText(Array($0)) })
    }
}
