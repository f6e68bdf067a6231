import Foundation

/// A mail or a part of one, with what is inside (RFC 2045, 2046).
struct MIMEEntity {
    let header: MailHeader
    /// Lower case, without parameters.
    let contentType: String
    let parameters: [String: String]
    let parts: [MIMEEntity]
    /// Decoded; empty for a multipart.
    let body: [UInt8]

    /// - Parameter depth: how many more levels are looked into; deeper ones stay undivided.
    init(_ content: ArraySlice<UInt8>, depth: Int = 8) {
        header = MailHeader(of: content)
        (contentType, parameters) = Self.parse(header["Content-Type"] ?? "text/plain")
        let octets = content[header.bodyStart...]
        if contentType.hasPrefix("multipart/"), depth > 0, let boundary = parameters["boundary"] {
            parts = Self.split(octets, at: boundary).map { MIMEEntity($0, depth: depth - 1) }
            body = []
        } else {
            parts = []
            body = TransferEncoding(header["Content-Transfer-Encoding"]).decode(octets)
        }
    }

    /// The text of the first part of that type, at any depth.
    func text(ofType type: String) -> String? {
        if contentType == type { return decodedText(of: body, charset: parameters["charset"]) }
        for part in parts {
            if let found = part.text(ofType: type) { return found }
        }
        return nil
    }

    private static func parse(_ value: String) -> (String, [String: String]) {
        let pieces = value.split(separator: ";").map { $0.trimmingCharacters(in: .whitespaces) }
        var parameters: [String: String] = [:]
        for piece in pieces.dropFirst() {
            let sides = piece.split(separator: "=", maxSplits: 1)
            guard sides.count == 2 else { continue }
            parameters[sides[0].lowercased()] = sides[1].trimmingCharacters(in: CharacterSet(charactersIn: "\""))
        }
        return (pieces.first?.lowercased() ?? "text/plain", parameters)
    }

    /// The line end before a boundary belongs to the boundary (RFC 2046 §5.1.1).
    private static func split(_ octets: ArraySlice<UInt8>, at boundary: String) -> [ArraySlice<UInt8>] {
        let delimiter = Array("--\(boundary)".utf8)
        var parts: [ArraySlice<UInt8>] = []
        var partStart: Int?
        var lineStart = octets.startIndex
        while lineStart < octets.endIndex {
            let lineFeed = octets[lineStart...].firstIndex(of: .lineFeed)
            let next = lineFeed.map { $0 + 1 } ?? octets.endIndex
            if octets[lineStart..<next].starts(with: delimiter) {
                if let start = partStart {
                    var part = octets[start..<max(start, lineStart)]
                    if part.last == .lineFeed { part = part.dropLast() }
                    if part.last == .carriageReturn { part = part.dropLast() }
                    parts.append(part)
                }
                let isLast = octets[lineStart..<next].dropFirst(delimiter.count).starts(with: Array("--".utf8))
                partStart = isLast ? nil : next
                if isLast { break }
            }
            lineStart = next
        }
        return parts
    }
}
