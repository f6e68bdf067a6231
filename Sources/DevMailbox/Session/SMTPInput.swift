/// Octets from a client, cut into command lines and content. Pure.
///
/// Only CR LF ends a line of content, and only CR LF . CR LF ends the content: whatever a more lenient server would
/// take for an end is kept as content and reported (SMTP smuggling, CVE-2023-51764 and its kin).
struct SMTPInput {
    struct CommandLine {
        /// Without its line end.
        let octets: ArraySlice<UInt8>
        let endsWithBareLineFeed: Bool
    }

    private var buffer: [UInt8] = []
    private var start = 0

    var isEmpty: Bool { start == buffer.count }
    var count: Int { buffer.count - start }

    mutating func append(_ octets: some Sequence<UInt8>) {
        if start > 0 {
            buffer.removeFirst(start)
            start = 0
        }
        buffer.append(contentsOf: octets)
    }

    mutating func removeAll() {
        buffer.removeAll()
        start = 0
    }

    /// The next complete command. One that ends in a bare LF is cut there, so that it can be refused.
    mutating func nextLine() -> CommandLine? {
        guard let lineFeed = buffer[start...].firstIndex(of: .lineFeed) else { return nil }
        let isProper = lineFeed > start && buffer[lineFeed - 1] == .carriageReturn
        let line = buffer[start..<(isProper ? lineFeed - 1 : lineFeed)]
        start = lineFeed + 1
        return CommandLine(octets: line, endsWithBareLineFeed: !isProper)
    }

    /// Takes complete lines of content out; the caller hands them to a `ContentReader`.
    mutating func nextContentLine() -> ArraySlice<UInt8>? {
        var from = start
        while let lineFeed = buffer[from...].firstIndex(of: .lineFeed) {
            if lineFeed > start, buffer[lineFeed - 1] == .carriageReturn {
                let line = buffer[start...lineFeed]
                start = lineFeed + 1
                return line
            }
            from = lineFeed + 1
        }
        return nil
    }
}

extension UInt8 {
    static let lineFeed = UInt8(ascii: "\n")
    static let carriageReturn = UInt8(ascii: "\r")
    static let dot = UInt8(ascii: ".")
}
