/// Follows, reply by reply, what libcurl says to a relay while it connects: the phase, the extensions, the login.
///
/// Not Sendable: lives on the thread that connects.
final class ConnectDialogue {
    private let configuration: RelayConfiguration
    private var parser = ReplyParser()
    private(set) var phase: SMTPPhase = .connect
    /// When the phase, or the last reply in it, began.
    private(set) var since: ContinuousClock.Instant
    private(set) var extensions = SMTPExtensions()
    private(set) var lastReply: SMTPReply?
    private(set) var replyFault: ReplyFault?
    private(set) var isEncrypted = false
    private(set) var isLoggedIn = false
    /// Whether STARTTLS was in any EHLO reply: the one after the handshake no longer names it.
    private(set) var offeredStartTLS = false
    /// As libcurl puts it: `TLSv1.3 / TLS_AES_256_GCM_SHA384`.
    private(set) var cipher: String?

    init(configuration: RelayConfiguration, now: ContinuousClock.Instant) {
        self.configuration = configuration
        since = now
    }

    /// libcurl has the TCP connection, or has finished a TLS handshake.
    func progressed(isConnected: Bool, isHandshakeDone: Bool, now: ContinuousClock.Instant) {
        switch phase {
        case .connect where isConnected && !configuration.usesImplicitTLS: enter(.greeting, now)
        case .connect where isConnected: phase = .tls
        case .tls where isHandshakeDone && configuration.usesImplicitTLS && lastReply == nil:
            isEncrypted = true
            enter(.greeting, now)
        case .tls where isHandshakeDone && !isEncrypted && lastReply?.code == 220:
            isEncrypted = true
            enter(.hello, now)
        default: break
        }
    }

    /// Takes bytes of the relay's replies; false when they break a bound or the protocol, which ends the connecting.
    func received(_ bytes: UnsafeRawBufferPointer, now: ContinuousClock.Instant) -> Bool {
        parser.append(bytes)
        do {
            while let code = try parser.next() {
                lastReply = parser.reply
                took(code, now)
            }
            return true
        } catch {
            replyFault = error
            return false
        }
    }

    func note(text: String) {
        guard let range = text.prefixRange("SSL connection using ") else { return }
        cipher = text[range.upperBound...].trimmed.filter { !$0.isNewline }
    }

    private func took(_ code: Int, _ now: ContinuousClock.Instant) {
        since = now
        switch phase {
        case .connect, .greeting:
            if code == 220 { enter(.hello, now) }
        case .tls where configuration.usesImplicitTLS && !isEncrypted:
            isEncrypted = true
            if code == 220 { enter(.hello, now) }
        case .tls where code == 250, .hello where code == 250: helloAnswered(now)
        case .tls where code == 220:
            // What was offered in clear could be anybody's words: forget it (RFC 3207 §4.2).
            extensions = SMTPExtensions()
        case .login where code == 235: isLoggedIn = true
        default: break
        }
    }

    private func helloAnswered(_ now: ContinuousClock.Instant) {
        if phase == .tls { isEncrypted = true }
        extensions = SMTPExtensions(ehlo: parser.lines)
        offeredStartTLS = offeredStartTLS || extensions.startTLS
        let wantsTLS = configuration.tls != .off && !configuration.usesImplicitTLS && !isEncrypted
        if wantsTLS, extensions.startTLS || configuration.isEncryptionRequired {
            enter(.tls, now)
        } else if configuration.credentials != nil {
            enter(.login, now)
        }
    }

    private func enter(_ next: SMTPPhase, _ now: ContinuousClock.Instant) {
        phase = next
        since = now
    }
}

extension String {
    fileprivate func prefixRange(_ prefix: String) -> Range<Index>? {
        hasPrefix(prefix) ? startIndex..<index(startIndex, offsetBy: prefix.count) : nil
    }
}
