extension MessageWriter {
    /// Writes a part's own header fields, the empty line and its encoded text, without a line end after it.
    mutating func appendPart(_ body: BodyText, contentType: StaticString) {
        append(contentType)
        endLine()
        let octets = body.octets.span
        switch body.transferEncoding {
        case .sevenBit:
            append("Content-Transfer-Encoding: 7bit\r\n\r\n")
            append(octets)
        case .quotedPrintable:
            append("Content-Transfer-Encoding: quoted-printable\r\n\r\n")
            append(atMost: QuotedPrintable.maximumEncodedCount(octets.count)) {
                QuotedPrintable.encode(octets, into: &$0)
            }
        case .base64:
            append("Content-Transfer-Encoding: base64\r\n\r\n")
            append(atMost: Base64.encodedCountInLines(octets.count)) { Base64.encodeLines(octets, into: &$0) }
        }
    }

    /// Writes text and HTML as alternatives, the better last (RFC 2046 §5.1.4), and ends the message.
    ///
    /// The boundary begins with `=_`, which neither quoted-printable nor base64 can produce, and `BodyText` never
    /// leaves a line that begins with `--=_` in 7bit: it cannot occur in the content. The Message-ID's left side makes
    /// it another one in each mail, so that a mail within a mail is told apart.
    mutating func appendAlternatives(text: BodyText, html: BodyText, messageID: String) {
        append("Content-Type: multipart/alternative;\r\n boundary=\"")
        appendBoundary(messageID)
        append("\"\r\n\r\n--")
        appendBoundary(messageID)
        endLine()
        appendPart(text, contentType: "Content-Type: text/plain; charset=utf-8")
        append("\r\n--")
        appendBoundary(messageID)
        endLine()
        appendPart(html, contentType: "Content-Type: text/html; charset=utf-8")
        append("\r\n--")
        appendBoundary(messageID)
        append("--\r\n")
    }

    /// At most 42 of the 70 octets that RFC 2046 §5.1.1 allows.
    private mutating func appendBoundary(_ messageID: String) {
        append("=_")
        for octet in messageID.utf8.prefix(40) {
            if octet == UInt8(ascii: "@") { break }
            append(octet: octet.isASCIILetterOrDigit ? octet : UInt8(ascii: "-"))
        }
    }
}
