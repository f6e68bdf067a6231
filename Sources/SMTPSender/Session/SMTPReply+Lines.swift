extension SMTPReply {
    /// Bound of `text` in UTF-8 bytes: replies are stored with each outcome.
    static let maximumTextBytes = 1_000

    /// Joins the lines of a reply, lifts the enhanced status code out of them and makes the text safe to store and log.
    init(code: Int, lines: [ArraySlice<UInt8>]) {
        var enhanced: EnhancedStatusCode?
        var text: [UInt8] = []
        for line in lines where text.count <= Self.maximumTextBytes {
            let found = EnhancedStatusCode.leading(line, of: code)
            if enhanced == nil { enhanced = found?.code }
            let words = found.map { line.dropFirst($0.length) } ?? line
            guard !words.isEmpty else { continue }
            if !text.isEmpty { text.append(0x20) }
            text.append(contentsOf: words)
        }
        self.init(code: code, enhancedCode: enhanced, text: Self.safeText(text))
    }

    /// Valid UTF-8 without control characters, cut at a character's edge.
    static func safeText(_ bytes: [UInt8]) -> String {
        if bytes.count <= maximumTextBytes, bytes.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) {
            return String(decoding: bytes, as: UTF8.self)
        }
        var text = ""
        var length = 0
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: continue
            default: break
            }
            length += UTF8.width(scalar)
            guard length <= maximumTextBytes else { break }
            text.unicodeScalars.append(scalar)
        }
        return text
    }
}

extension EnhancedStatusCode {
    /// Reads `class.subject.detail` from the front of a reply's line (RFC 2034 §3), and how many bytes it takes with
    /// the spaces after it. A class that contradicts the reply's code is none (RFC 2034 §4).
    static func leading(_ line: ArraySlice<UInt8>, of code: Int) -> (code: EnhancedStatusCode, length: Int)? {
        var numbers: [Int] = []
        var number: Int?
        var end = line.startIndex
        scan: while true {
            let byte = end < line.endIndex ? line[end] : 0x20
            switch byte {
            case 0x30...0x39:
                number = (number ?? 0) * 10 + Int(byte - 0x30)
                guard number ?? 0 < 1_000 else { return nil }
            case 0x2E, 0x20:
                guard let part = number, numbers.count < 3 else { return nil }
                numbers.append(part)
                number = nil
                if byte == 0x20 { break scan }
            default: return nil
            }
            end += 1
        }
        guard numbers.count == 3, numbers[0] == code / 100 else { return nil }
        while end < line.endIndex, line[end] == 0x20 { end += 1 }
        return (EnhancedStatusCode(numbers[0], numbers[1], numbers[2]), end - line.startIndex)
    }
}
