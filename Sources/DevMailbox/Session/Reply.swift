/// What the server answers (RFC 5321 §4.2).
struct Reply {
    let code: Int
    let enhanced: String?
    let lines: [String]

    init(_ code: Int, _ enhanced: String? = nil, _ lines: String...) {
        self.init(code, enhanced, lines: lines)
    }

    init(_ code: Int, _ enhanced: String?, lines: [String]) {
        self.code = code
        self.enhanced = enhanced
        self.lines = lines.isEmpty ? [""] : lines
    }

    /// - Parameter showsEnhanced: whether ENHANCEDSTATUSCODES is offered (RFC 2034 §3).
    func octets(showsEnhanced: Bool) -> [UInt8] {
        var text = ""
        let prefix = showsEnhanced ? enhanced.map { $0 + " " } ?? "" : ""
        for (index, line) in lines.enumerated() {
            text += "\(code)\(index == lines.count - 1 ? " " : "-")\(prefix)\(line)\r\n"
        }
        return Array(text.utf8)
    }
}

extension Reply {
    static let syntaxError = Reply(500, "5.5.2", "Syntax error")
    static let badSequence = Reply(503, "5.5.1", "Bad sequence of commands")
    static let shuttingDown = Reply(421, "4.3.2", "Closing the session")
    static let noRecipients = Reply(554, "5.5.1", "No valid recipients")
    static let goAhead = Reply(354, nil, "End data with <CR><LF>.<CR><LF>")
    static let okay = Reply(250, "2.0.0", "OK")
}
