import Foundation

/// Undoes RFC 2047 encoded words in a header value; white space between two of them is dropped (§6.2).
///
/// Octets of neighbouring words in one charset are joined before they become text: writers do split characters.
package func decodeEncodedWords(_ value: String) -> String {
    var result = ""
    var pending: (charset: String, octets: [UInt8])?
    var rest = value[...]

    func flush() {
        if let word = pending { result += decodedText(of: word.octets, charset: word.charset) }
        pending = nil
    }

    while !rest.isEmpty {
        guard let start = rest.firstRange(of: "=?")?.lowerBound else { break }
        let between = rest[..<start]
        guard let word = EncodedWord(rest[start...]) else {
            flush()
            result += rest[..<rest.index(start, offsetBy: 2)]
            rest = rest[rest.index(start, offsetBy: 2)...]
            continue
        }
        if pending == nil || !between.allSatisfy(\.isWhitespace) {
            flush()
            result += between
        }
        if let waiting = pending, waiting.charset == word.charset {
            pending = (waiting.charset, waiting.octets + word.octets)
        } else {
            flush()
            pending = (word.charset, word.octets)
        }
        rest = word.rest
    }
    flush()
    return result + rest
}

/// `=?charset*language?encoding?text?=` at the start of a text.
private struct EncodedWord {
    let charset: String
    let octets: [UInt8]
    let rest: Substring

    init?(_ text: Substring) {
        let pieces = text.dropFirst(2).split(separator: "?", maxSplits: 3, omittingEmptySubsequences: false)
        guard pieces.count == 4, pieces[3].first == "=", !pieces[0].contains(where: \.isWhitespace) else { return nil }
        charset = String(pieces[0].prefix { $0 != "*" }).lowercased()
        rest = pieces[3].dropFirst()
        switch pieces[1].uppercased() {
        case "B":
            guard let data = Data(base64Encoded: String(pieces[2])) else { return nil }
            octets = Array(data)
        case "Q":
            let spaced = pieces[2].utf8.map { $0 == UInt8(ascii: "_") ? 32 : $0 }
            octets = TransferEncoding.decodeQuotedPrintable(spaced[...])
        default: return nil
        }
    }
}
