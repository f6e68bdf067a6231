extension Envelope {
    /// Longest address: a path is at most 256 octets with its brackets (RFC 5321 §4.5.3.1.3).
    static let maximumAddressBytes = 254
    /// RFC 5321 §4.5.3.1.1
    static let maximumLocalPartBytes = 64

    /// What makes these addresses unfit for the wire; nil when they are fit. Says which one, never its value.
    ///
    /// A line break in an address is a second SMTP command to the relay, so nothing that breaks the form of a path
    /// gets further than here.
    package var problem: String? {
        if let problem = problem(in: recipient) { return "the recipient's address \(problem)" }
        guard !sender.isEmpty, let problem = problem(in: sender) else { return nil }
        return "the sender's address \(problem)"
    }

    private func problem(in address: String) -> String? {
        var lastAt: Int?
        var count = 0
        var quote = Quote(address)
        for byte in address.utf8 {
            let isQuoted = quote.take(byte)
            switch byte {
            case 0x0A, 0x0D: return "holds a line break"
            case 0x00..<0x20, 0x7F: return "holds a control character"
            case 0x20 where isQuoted: break
            case 0x20, 0x3C, 0x3E: return "holds a space or an angle bracket"
            case 0x80... where !requiresSMTPUTF8: return "holds characters outside ASCII"
            case 0x40: lastAt = count
            default: break
            }
            count += 1
        }
        guard count <= Self.maximumAddressBytes else { return "is longer than \(Self.maximumAddressBytes) bytes" }
        guard let lastAt, lastAt > 0, lastAt < count - 1, !quote.isOpen else {
            return "has no local part, no @ or no domain"
        }
        return lastAt > Self.maximumLocalPartBytes ? "has a local part over \(Self.maximumLocalPartBytes) bytes" : nil
    }
}

/// Follows a quoted local part (RFC 5321 §4.1.2), which may hold spaces.
private struct Quote {
    private(set) var isOpen = false
    private var isEscaped = false
    private var mayOpen: Bool

    init(_ address: String) {
        mayOpen = address.utf8.first == UInt8(ascii: "\"")
    }

    /// Whether the byte stands between the quotation marks.
    mutating func take(_ byte: UInt8) -> Bool {
        guard isOpen else {
            isOpen = mayOpen
            mayOpen = false
            return false
        }
        if isEscaped {
            isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
            isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
            isOpen = false
        }
        return isOpen
    }
}
