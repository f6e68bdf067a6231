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
