internal import Glibc

/// Why the bytes of a relay are not an SMTP reply. The session cannot go on: what follows has no known meaning.
package enum ReplyFault: Error, Sendable, Hashable {
    /// A line does not begin with a code from 200 to 599 and a space or a hyphen.
    case noCode
    /// The lines of one reply carry different codes (RFC 5321 §4.2.1 forbids it).
    case differingCodes
    case nulByte
    /// More than 64 KiB, or more than 512 lines, in one reply.
    case tooLong

    package var message: String {
        switch self {
        case .noCode: "the relay sent a line that is no SMTP reply"
        case .differingCodes: "the relay sent one reply with differing codes"
        case .nulByte: "the relay sent a reply that holds a NUL byte"
        case .tooLong:
            "the relay sent a reply over \(ReplyParser.maximumBytes) bytes or \(ReplyParser.maximumLines) lines"
        }
    }
}

/// Splits a relay's bytes into replies (RFC 5321 §4.2), however the network cut them.
///
/// A reply costs no allocation until its text is asked for. A line may end in a bare LF. Text that is not UTF-8 is
/// repaired and does not end the session: it stands beside a code that is clear, often the one that accepts a mail.
package struct ReplyParser: Sendable {
    package static let maximumBytes = 64 * 1024
    package static let maximumLines = 512

    /// Bytes not yet made into lines: `pending[start...]`, without an LF before `scanned`.
    private var pending: [UInt8] = []
    private var start = 0
    private var scanned = 0

    /// The reply being read, or the last one that was: its lines without their codes, each ended by LF.
    private var text: [UInt8] = []
    private var code = 0
    private var lineCount = 0
    private var byteCount = 0
    private var isComplete = true

    package init() {}

    package mutating func append(_ bytes: UnsafeRawBufferPointer) {
        if start == pending.count {
            pending.removeAll(keepingCapacity: true)
            start = 0
            scanned = 0
        }
        pending.append(contentsOf: bytes)
    }

    /// The code of the next complete reply; nil when more bytes are needed.
    package mutating func next() throws(ReplyFault) -> Int? {
        while let line = try nextLine() {
            if try take(line: line) { return code }
        }
        return nil
    }

    /// The bytes of the next complete line, without its end.
    private mutating func nextLine() throws(ReplyFault) -> Range<Int>? {
        let lineStart = start
        let from = max(scanned, lineStart)
        let feed = pending.withUnsafeBytes { bytes -> Int? in
            guard let base = bytes.baseAddress, from < bytes.count,
                let found = memchr(base + from, 0x0A, bytes.count - from)
            else { return nil }
            return base.distance(to: UnsafeRawPointer(found))
        }
        guard let feed else {
            scanned = pending.count
            guard pending.count - lineStart + (isComplete ? 0 : byteCount) <= Self.maximumBytes else { throw .tooLong }
            compact()
            return nil
        }
        start = feed + 1
        scanned = start
        let end = feed > lineStart && pending[feed - 1] == 0x0D ? feed - 1 : feed
        return lineStart..<end
    }

    /// Moves an unfinished line to the front, so that memory stays bounded by one line and one read.
    private mutating func compact() {
        guard start > 0 else { return }
        pending.removeFirst(start)
        scanned -= start
        start = 0
    }

    /// Adds one line to the reply; true when it was its last.
    private mutating func take(line: Range<Int>) throws(ReplyFault) -> Bool {
        if isComplete {
            text.removeAll(keepingCapacity: true)
            lineCount = 0
            byteCount = 0
            code = 0
        }
        lineCount += 1
        byteCount += line.count + 2
        guard byteCount <= Self.maximumBytes, lineCount <= Self.maximumLines else { throw .tooLong }
        guard line.count >= 3, let lineCode = Self.code(pending[line.lowerBound..<(line.lowerBound + 3)]) else {
            throw .noCode
        }
        let separator = line.count > 3 ? pending[line.lowerBound + 3] : 0x20
        guard separator == 0x20 || separator == 0x2D else { throw .noCode }
        guard lineCount == 1 || lineCode == code else { throw .differingCodes }
        let words = line.dropFirst(min(4, line.count))
        guard !pending[words].contains(0) else { throw .nulByte }
        text.append(contentsOf: pending[words])
        text.append(0x0A)
        code = lineCode
        isComplete = separator == 0x20
        return isComplete
    }

    private static func code(_ digits: ArraySlice<UInt8>) -> Int? {
        var code = 0
        for digit in digits {
            guard digit >= 0x30, digit <= 0x39 else { return nil }
            code = code * 10 + Int(digit - 0x30)
        }
        return (200..<600).contains(code) ? code : nil
    }

    /// The lines of the reply that `next` returned last, without their codes.
    package var lines: [ArraySlice<UInt8>] { text.split(separator: 0x0A, omittingEmptySubsequences: false).dropLast() }

    /// The reply that `next` returned last.
    package var reply: SMTPReply { SMTPReply(code: code, lines: lines) }
}
