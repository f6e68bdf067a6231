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
            append { QuotedPrintable.encode(octets, into: &$0) }
        case .base64:
            append("Content-Transfer-Encoding: base64\r\n\r\n")
            append { Base64.encodeLines(octets, into: &$0) }
        }
    }

    /// Writes text and HTML as alternatives, the better last (RFC 2046 §5.1.4), and ends the message.
    ///
    /// The boundary begins with `=_`, which neither quoted-printable nor base64 can produce, and `BodyText` never
    /// leaves a line that begins with `--=_` in 7bit: it cannot occur in the content.
    mutating func appendAlternatives(text: BodyText, html: BodyText, boundary: String) {
        append("Content-Type: multipart/alternative;\r\n boundary=\"")
        append(boundary)
        append("\"\r\n\r\n--")
        append(boundary)
        endLine()
        appendPart(text, contentType: "Content-Type: text/plain; charset=utf-8")
        append("\r\n--")
        append(boundary)
        endLine()
        appendPart(html, contentType: "Content-Type: text/html; charset=utf-8")
        append("\r\n--")
        append(boundary)
        append("--\r\n")
    }
}
