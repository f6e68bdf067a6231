extension SMTPSession {
    /// Why a mail cannot go to this relay at all; nil when it can.
    func obstacle(to mail: ComposedMail) -> SendObstacle? {
        if let problem = mail.envelope.problem { return .invalidEnvelope(problem) }
        if mail.envelope.requiresSMTPUTF8, !extensions.smtpUTF8 { return .smtputf8Unsupported }
        if let limit = extensions.size, limit > 0, mail.content.count > limit {
            return .tooLarge(bytes: mail.content.count, limit: limit)
        }
        return nil
    }

    func appendMail(_ mail: ComposedMail, to buffer: inout WriteBuffer) {
        buffer.append("MAIL FROM:<")
        buffer.append(mail.envelope.sender)
        buffer.append(">")
        if extensions.size != nil {
            buffer.append(" SIZE=")
            buffer.append(String(mail.content.count))
        }
        if extensions.eightBitMIME, mail.holdsEightBit { buffer.append(" BODY=8BITMIME") }
        if mail.envelope.requiresSMTPUTF8 { buffer.append(" SMTPUTF8") }
        buffer.append("\r\n")
    }

    func appendRecipient(_ envelope: Envelope, to buffer: inout WriteBuffer) {
        buffer.append("RCPT TO:<")
        buffer.append(envelope.recipient)
        buffer.append(">\r\n")
    }
}

extension ComposedMail {
    /// Whether a byte of the content is outside ASCII; eight at a time.
    var holdsEightBit: Bool {
        content.withUnsafeBytes { bytes in
            var offset = 0
            while offset + 8 <= bytes.count {
                if bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self) & 0x8080_8080_8080_8080 != 0 {
                    return true
                }
                offset += 8
            }
            return bytes[offset...].contains { $0 >= 0x80 }
        }
    }
}
