internal import Glibc

/// Everything that is set about one relay.
package struct RelayConfiguration: Sendable, Hashable {
    package enum TLSMode: String, Sendable, CaseIterable {
        /// STARTTLS or TLS from the first byte, or no connection.
        case required
        /// STARTTLS where the relay offers it. With a password this is the same as `required`.
        case opportunistic
        case off
    }

    package var host: String
    package var port: Int
    /// TLS from the first byte (`smtps`), whatever `tls` says.
    package var usesImplicitTLS = false
    package var credentials: SMTPCredentials?
    package var tls: TLSMode = .required
    /// A file of PEM certificates to trust instead of the system's.
    package var caFile: String?
    /// Most connections at once; with more than one, one of them is kept for urgent mails.
    package var connections = 10
    /// The name in EHLO.
    package var helloName: String = Self.hostName
    package var pipelining: PipeliningSetting = .auto
    package var timeouts = SMTPTimeouts()
    package var mailsPerConnection = 500
    /// How old a mail's last check may be when its MAIL goes out.
    package var freshness: Duration = .milliseconds(100)
    /// How long mails wait while the relay says nothing, for a first session or an answer in any, before the lane's owner
    /// is told, who may have another relay for them.
    package var patience: Duration = .seconds(3)

    package init(host: String, port: Int = 587) {
        self.host = host
        self.port = port
    }

    /// `host:port`, as logs and metrics name the relay.
    package var name: String { (host.contains(":") ? "[\(host)]" : host) + ":\(port)" }

    var isEncryptionRequired: Bool {
        usesImplicitTLS || tls == .required || (tls == .opportunistic && credentials != nil)
    }

    private static var hostName: String {
        var buffer = [CChar](repeating: 0, count: 256)
        let failed = gethostname(&buffer, 255) != 0
        let name = String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return failed || !isHelloName(name) ? "localhost" : name
    }

    /// A domain or an address literal: what may stand in EHLO (RFC 5321 §4.1.1.1).
    package static func isHelloName(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 255
            && name.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x3A, 0x5B, 0x5D, 0x5F: true
                default: false
                }
            }
    }
}

extension RelayConfiguration: CustomStringConvertible {
    /// Without the password.
    package var description: String {
        let user = credentials.map { "\($0.username)@" } ?? ""
        return "\(usesImplicitTLS ? "smtps" : "smtp")://\(user)\(name)"
            + (usesImplicitTLS ? "" : "?tls=\(tls.rawValue)")
    }
}

/// A name and password for the relay. However it is printed, the password does not show.
package struct SMTPCredentials: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    package let username: String
    package let password: String

    package init(username: String, password: String) {
        self.username = username
        self.password = password
    }

    package var description: String { "SMTPCredentials(username: \(username), password: hidden)" }
    package var customMirror: Mirror { Mirror(self, children: ["username": username]) }
}

/// What is wrong with a relay's settings and how to mend it; never holds a password.
package struct RelayConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
    package let message: String

    package init(_ message: String) { self.message = message }

    package var description: String { message }
}
