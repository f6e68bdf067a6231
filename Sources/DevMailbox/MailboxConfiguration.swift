/// How a mailbox behaves when no fault is scripted.
package struct MailboxConfiguration: Sendable {
    package enum Encryption: Sendable {
        case off
        case startTLS(TLSIdentity)
        /// TLS from the first octet, as on port 465.
        case implicit(TLSIdentity)
    }

    /// Where each captured mail is noted before its 250 (see `CaptureLog`).
    package struct Log: Sendable {
        package let path: String
        /// A mail's token is the first occurrence of this in its content, with the letters, digits, `-`, `_` behind it.
        package let tokenPrefix: String

        package init(path: String, tokenPrefix: String = "") {
            self.path = path
            self.tokenPrefix = tokenPrefix
        }
    }

    /// Loopback only: nothing but this machine can hand mail in or read it.
    package static let host = "127.0.0.1"
    package static let defaultExtensions = [
        "PIPELINING", "SIZE 10485760", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES",
    ]

    /// 0 takes a free one.
    package var smtpPort = 0
    /// 0 takes a free one; nil serves no page.
    package var webPort: Int?
    package var name = "mailbox.localhost"
    /// What EHLO offers beside STARTTLS and AUTH, which are offered when they make sense.
    package var extensions = Self.defaultExtensions
    /// End a session that joins commands although PIPELINING is not offered, as OpenSMTPD 6.8 does.
    package var endsUninvitedPipelining = false
    /// Answer 354 to a DATA that no recipient was accepted for, as RFC 2920 §3.1 allows; otherwise 503.
    package var answersDataWithoutRecipients = false
    package var encryption = Encryption.off
    /// Refuse MAIL with 530 before STARTTLS.
    package var requiresEncryption = false
    /// User names and passwords. AUTH is offered when there are any.
    package var logins: [String: String] = [:]
    /// Refuse MAIL with 530 before AUTH.
    package var requiresLogin = false
    /// Offer AUTH on a connection in clear, too.
    package var allowsLoginInClear = false
    /// The oldest mail is dropped when there are more.
    package var mailLimit = 10_000
    package var log: Log?
    package var faults: [FaultRule] = []

    package init() {}

    func offers(_ keyword: String) -> Bool {
        extensions.contains { $0.uppercased() == keyword || $0.uppercased().hasPrefix(keyword + " ") }
    }

    /// The number that SIZE announces; 64 MiB where it announces none, so that memory stays bounded.
    var sizeLimit: Int {
        let announced = extensions.first { $0.uppercased().hasPrefix("SIZE ") }.flatMap { Int($0.dropFirst(5)) } ?? 0
        return announced > 0 ? announced : 64 << 20
    }
}

/// A certificate chain and its key, in PEM files.
package struct TLSIdentity: Sendable {
    package enum Version: Sendable { case tls1, tls11, tls12, tls13 }

    package let certificateChainFile: String
    package let keyFile: String
    /// The newest version spoken: to see that a client refuses what is too old.
    package let newestVersion: Version

    package init(certificateChainFile: String, keyFile: String, newestVersion: Version = .tls13) {
        self.certificateChainFile = certificateChainFile
        self.keyFile = keyFile
        self.newestVersion = newestVersion
    }
}
