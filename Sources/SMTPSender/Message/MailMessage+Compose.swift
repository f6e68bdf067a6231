extension MailMessage {
    /// The mail as bytes and its envelope; pure, and the same for the same message.
    ///
    /// Headers are ASCII except for addresses with a non-ASCII local part, which make the mail need SMTPUTF8 (RFC
    /// 6531). No line is over 998 octets, every line ends with CR LF, and there is no other CR, LF or NUL. Dots are
    /// not stuffed: that belongs to the session.
    package func compose() throws(MessageError) -> ComposedMail {
        let date = try validated()
        var text = BodyText(text)
        let html = BodyText(html)

        var writer = MessageWriter(reservingCapacity: 2_048 + 3 * (text.octets.count + html.octets.count) / 2)
        appendAddressFields(to: &writer)
        appendIdentityFields(date: date, to: &writer)
        for field in extraHeaders {
            writer.append(field.name)
            writer.append(":")
            writer.appendUnstructured(field.value, longestWord: .max)
            writer.endLine()
        }
        writer.append("MIME-Version: 1.0\r\n")
        if html.octets.isEmpty {
            text.endLastLine()
            writer.appendPart(text, contentType: "Content-Type: text/plain; charset=utf-8")
            writer.endLineIfOpen()
        } else {
            writer.appendAlternatives(text: text, html: html, boundary: boundary)
        }
        return ComposedMail(envelope: envelope, content: writer.bytes)
    }

    /// At most 42 of the 70 octets that RFC 2046 §5.1.1 allows, and another in each mail, so that a mail within a mail
    /// is told apart.
    private var boundary: String {
        var octets = Array("=_".utf8)
        for octet in messageID.utf8.prefix(40) {
            if octet == UInt8(ascii: "@") { break }
            octets.append(octet.isASCIILetterOrDigit ? octet : UInt8(ascii: "-"))
        }
        return String(decoding: octets, as: UTF8.self)
    }

    private var envelope: Envelope {
        let sender = envelopeSender ?? from.address
        let isInternational =
            sender.requiresSMTPUTF8 || to.address.requiresSMTPUTF8 || from.address.requiresSMTPUTF8
            || (replyTo?.address.requiresSMTPUTF8 ?? false)
        return Envelope(
            sender: sender.wireForm, recipient: to.address.wireForm, requiresSMTPUTF8: isInternational
        )
    }

    private func appendAddressFields(to writer: inout MessageWriter) {
        writer.append("From:")
        writer.appendMailbox(from)
        writer.endLine()
        writer.append("To:")
        writer.appendMailbox(to)
        writer.endLine()
        if let replyTo {
            writer.append("Reply-To:")
            writer.appendMailbox(replyTo)
            writer.endLine()
        }
    }

    /// A word of a subject that is longer is encoded, so that even it is folded.
    private static let longestSubjectWord = 60

    private func appendIdentityFields(date: RFC5322Date, to writer: inout MessageWriter) {
        writer.append("Subject:")
        let cleanSubject = HeaderText.cleaned(subject, maximumCharacters: Self.longestSubject)
        writer.appendUnstructured(cleanSubject, longestWord: Self.longestSubjectWord)
        writer.endLine()
        writer.append("Date:")
        date.append(to: &writer)
        writer.endLine()
        writer.append("Message-ID: <")
        writer.append(messageID)
        writer.append(">\r\n")
        guard let parent = references.last else { return }
        writer.append("In-Reply-To:")
        writer.appendMessageIDs(CollectionOfOne(parent))
        writer.endLine()
        writer.append("References:")
        writer.appendMessageIDs(references)
        writer.endLine()
    }

    /// Refuses what only a fault in the program can cause; returns the date so that it is read once.
    private func validated() throws(MessageError) -> RFC5322Date {
        guard Self.isMessageID(messageID) else { throw .invalidMessageID }
        guard references.allSatisfy(Self.isMessageID) else { throw .invalidReference }
        guard let date = RFC5322Date(secondsSince1970: date) else { throw .invalidDate }
        for field in extraHeaders { try field.validate() }
        guard text.utf8.count <= Self.longestPart, html.utf8.count <= Self.longestPart else { throw .bodyTooLong }
        return date
    }

    /// Dot-atoms on both sides of one @ (RFC 5322 §3.6.4), short enough for a line with its field's name.
    private static func isMessageID(_ id: String) -> Bool {
        let octets = id.utf8Span.span
        guard octets.count <= 250 else { return false }
        var at: Int?
        for index in octets.indices {
            if octets[index] >= 0x80 { return false }
            if octets[index] == UInt8(ascii: "@") { at = index }
        }
        guard let at else { return false }
        return LocalPart.isDotAtom(octets.extracting(0..<at))
            && LocalPart.isDotAtom(octets.extracting((at + 1)..<octets.count))
    }
}
