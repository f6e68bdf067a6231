/// One complete SMTP reply (RFC 5321 §4.2), with its enhanced status code where it carries one (RFC 2034).
package struct SMTPReply: Sendable, Hashable {
    /// The three-digit code, 200 to 599.
    package let code: Int
    /// The enhanced status code, such as `5.1.1` (RFC 3463).
    package let enhancedCode: EnhancedStatusCode?
    /// The text of all lines joined by a space, without codes; valid UTF-8, control characters removed, at most
    /// 1,000 characters.
    package let text: String

    package init(code: Int, enhancedCode: EnhancedStatusCode? = nil, text: String = "") {
        self.code = code
        self.enhancedCode = enhancedCode
        self.text = text
    }

    /// 4xx: the same command may succeed later.
    package var isTransient: Bool { (400..<500).contains(code) }
    /// 5xx: the same command will fail again.
    package var isPermanent: Bool { code >= 500 }
    /// The relay wants a login, a better one, or an encrypted one (RFC 4954 §6; 538 is RFC 2554's).
    package var wantsLogin: Bool { [530, 534, 535, 538].contains(code) }

    /// `550 5.7.1`, without the text, which may quote the recipient.
    package var codes: String { [String(code), enhancedCode?.description].compactMap(\.self).joined(separator: " ") }
    /// `550 5.7.1 Relaying denied`, for messages.
    package var summary: String { text.isEmpty ? codes : "\(codes) \(text)" }
}

/// An enhanced mail system status code: class, subject, detail (RFC 3463 §2).
package struct EnhancedStatusCode: Sendable, Hashable, CustomStringConvertible {
    package let statusClass: Int
    package let subject: Int
    package let detail: Int

    package init(_ statusClass: Int, _ subject: Int, _ detail: Int) {
        self.statusClass = statusClass
        self.subject = subject
        self.detail = detail
    }

    package var description: String { "\(statusClass).\(subject).\(detail)" }
}
