internal import CLibCURL

/// Turns libcurl's error and the dialogue so far into what an operator can act on.
struct ConnectFaultClassifier {
    let configuration: RelayConfiguration
    let dialogue: ConnectDialogue

    func fault(_ code: CURLcode, _ detail: String) -> ConnectionFault {
        if let broken = dialogue.replyFault { return make(.badReply, broken.message) }
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_URL_MALFORMAT:
            return make(.resolve, "the relay's name \(configuration.host) has no address: \(detail)", phase: .connect)
        case CURLE_COULDNT_CONNECT:
            return make(.connect, "no connection to \(configuration.name): \(detail)", phase: .connect)
        case CURLE_OPERATION_TIMEDOUT: return timeout
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_ISSUER_ERROR:
            return make(.certificate, certificateMessage(detail), phase: .tls)
        case CURLE_SSL_CACERT_BADFILE:
            let file = configuration.caFile ?? "the system's default"
            return make(.certificate, "the CA file cannot be used (\(file)): \(detail)", phase: .tls)
        case CURLE_USE_SSL_FAILED: return unencrypted
        case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CIPHER, CURLE_SSL_CERTPROBLEM, CURLE_SSL_ENGINE_INITFAILED:
            return make(.tls, "the TLS handshake with \(configuration.name) failed: \(detail)", phase: .tls)
        case CURLE_LOGIN_DENIED: return loginRefused(detail)
        default: return byPhase(detail)
        }
    }

    var timeout: ConnectionFault {
        make(.timeout, "\(configuration.name) did not answer in time (\(dialogue.phase.rawValue))")
    }

    /// Encryption is wanted and not to be had.
    var unencrypted: ConnectionFault {
        if let reply = refusal, dialogue.offeredStartTLS {
            return make(.tls, "\(configuration.name) offers STARTTLS and refuses it: \(reply.summary)", phase: .tls)
        }
        if configuration.credentials != nil, configuration.tls != .required { return .loginUnsafe(configuration) }
        return make(
            .startTLSMissing, "\(configuration.name) does not offer STARTTLS and TLS is required: nothing was sent",
            phase: .tls
        )
    }

    /// Connected, and not logged in although we have a password.
    var loginMissing: ConnectionFault {
        let offered = dialogue.extensions.mechanisms
        let offer = offered.isEmpty ? "no login" : "only \(offered.joined(separator: ", ")) to log in"
        return make(
            .login, "\(configuration.name) offers \(offer): take the user name out, or use another port", phase: .login)
    }

    private func loginRefused(_ detail: String) -> ConnectionFault {
        guard let reply = refusal else {
            return make(.login, "no login at \(configuration.name): \(detail)", phase: .login)
        }
        return make(.login, "\(configuration.name) refused the login: \(reply.summary)", phase: .login)
    }

    /// The connection closed, or a reply was not what the phase asks for.
    private func byPhase(_ detail: String) -> ConnectionFault {
        guard let reply = refusal else {
            let kind: ConnectionFault.Kind = dialogue.phase == .connect ? .connect : .closed
            return make(kind, "\(configuration.name) closed the connection (\(dialogue.phase.rawValue)): \(detail)")
        }
        let said = "\(configuration.name) answered \(reply.summary)"
        switch dialogue.phase {
        case .connect, .greeting: return make(.greeting, said, phase: .greeting)
        case .hello: return make(.hello, said)
        case .tls: return make(.tls, said)
        case .login: return make(.login, said)
        case .mail, .rcpt, .data, .content, .dot, .quit: return make(.badReply, said)
        }
    }

    private var refusal: SMTPReply? { dialogue.lastReply.flatMap { $0.code >= 400 ? $0 : nil } }

    private func certificateMessage(_ detail: String) -> String {
        let text = detail.lowercased()
        let mend =
            if text.contains("expired") {
                "it has expired: the relay needs a new one"
            } else if text.contains("subject name") || text.contains("does not match") {
                "it is for another name: use the name it was made for in the URL"
            } else if text.contains("issuer") || text.contains("self-signed") || text.contains("self signed") {
                "its issuer is not known here: name the issuer's file as the CA file"
            } else {
                "it does not verify"
            }
        return "the certificate of \(configuration.name) is not trusted, \(mend) (\(detail))"
    }

    private func make(_ kind: ConnectionFault.Kind, _ message: String, phase: SMTPPhase? = nil) -> ConnectionFault {
        ConnectionFault(kind: kind, phase: phase ?? dialogue.phase, reply: refusal, message: message)
    }
}

extension ConnectionFault {
    static func loginUnsafe(_ configuration: RelayConfiguration) -> ConnectionFault {
        ConnectionFault(
            kind: .loginUnsafe, phase: .login,
            message:
                "a password is set and the connection to \(configuration.name) is not encrypted: "
                + "the password was not sent; use tls=required"
        )
    }
}
