internal import Glibc

extension WriteBuffer {
    /// Appends a mail's header and body as DATA wants them, and the final dot (RFC 5321 §4.5.2).
    ///
    /// - A line that begins with a dot gets a second one.
    /// - A bare CR or LF becomes CR LF. Relays differ in what they take for a line's end: a bare one lets a text that
    ///   somebody else wrote end this mail and begin another (SMTP smuggling).
    /// - A last line without an end gets one.
    package mutating func appendContent(_ content: [UInt8]) {
        content.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            let end = base + bytes.count
            var line = base
            // The next LF at or after `line`; kept from line to line, or a text of bare CRs would be searched anew
            // from each of them.
            var feed = base - 1
            while line < end {
                if feed < line { feed = memchr(line, 0x0A, line.distance(to: end)).map { UnsafeRawPointer($0) } ?? end }
                line = appendLine(from: line, feed: feed, end: end)
            }
        }
        append(".\r\n")
    }

    /// Appends one line, ended by CR LF; returns where the next one begins.
    private mutating func appendLine(
        from line: UnsafeRawPointer, feed: UnsafeRawPointer, end: UnsafeRawPointer
    ) -> UnsafeRawPointer {
        if line.load(as: UInt8.self) == 0x2E { append(".") }
        let firstReturn = memchr(line, 0x0D, line.distance(to: feed)).map { UnsafeRawPointer($0) } ?? feed
        if feed < end, firstReturn == feed - 1 {
            append(UnsafeRawBufferPointer(start: line, count: line.distance(to: feed + 1)))
            return feed + 1
        }
        append(UnsafeRawBufferPointer(start: line, count: line.distance(to: firstReturn)))
        append("\r\n")
        return firstReturn < end ? firstReturn + 1 : end
    }
}
