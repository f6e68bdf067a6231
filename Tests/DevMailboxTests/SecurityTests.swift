import DevMailbox
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(5)))
struct SecurityTests {
    let authority: TestAuthority
    let identity: TLSIdentity

    init() async throws {
        authority = try await TestAuthority.make()
        identity = try await authority.certificate(.valid).identity
    }

    @Test("STARTTLS, then each login mechanism, then a mail that knows both", arguments: ["auth_plain", "auth_login"])
    func startTLSAndLogin(mechanism: String) async throws {
        let configuration = configured {
            $0.encryption = .startTLS(identity)
            $0.logins = ["relay": "correct horse"]
            $0.requiresLogin = true
            $0.requiresEncryption = true
        }
        try await DevMailbox.with(configuration) { mailbox in
            let printed = try await smtplib(
                """
                client = smtplib.SMTP("localhost", \(mailbox.smtpPort))
                client.ehlo()
                print(client.has_extn("starttls"), client.has_extn("auth"), client.mail("a@a.example")[0])
                client.starttls(context=ssl.create_default_context(cafile="\(authority.certificateFile)"))
                client.ehlo()
                print(client.has_extn("starttls"), client.has_extn("auth"), client.mail("a@a.example")[0])
                def login(password):
                    client.user, client.password = "relay", password
                    return client.auth("\(mechanism)"[5:].upper(), client.\(mechanism))[0]
                try:
                    login("wrong")
                except smtplib.SMTPAuthenticationError as error:
                    print(error.smtp_code)
                print(login("correct horse"))
                client.sendmail("a@a.example", ["b@b.example"], b"x\\r\\n")
                client.quit()
                """
            )
            #expect(printed == "True False 530\nFalse True 530\n535\n235")
            let mail = try #require(try await mailbox.mails(count: 1).first)
            #expect(mail.isEncrypted && mail.login == "relay")
            #expect(mailbox.state.violations == [])
            #expect(
                !mailbox.state.transcript.contains { $0.text.contains("correct") || $0.text.contains("Y29ycmVjdA") })
        }
    }

    @Test("TLS from the first octet", arguments: [TLSIdentity.Version.tls12, .tls13])
    func implicit(newest: TLSIdentity.Version) async throws {
        let chain = identity.certificateChainFile
        let limited = TLSIdentity(certificateChainFile: chain, keyFile: identity.keyFile, newestVersion: newest)
        try await DevMailbox.with(configured { $0.encryption = .implicit(limited) }) { mailbox in
            let printed = try await smtplib(
                """
                context = ssl.create_default_context(cafile="\(authority.certificateFile)")
                client = smtplib.SMTP_SSL("localhost", \(mailbox.smtpPort), context=context)
                client.sendmail("a@a.example", ["b@b.example"], b"x\\r\\n")
                print(client.sock.version())
                client.quit()
                """
            )
            #expect(printed == (newest == .tls12 ? "TLSv1.2" : "TLSv1.3"))
            #expect(try await mailbox.mails(count: 1).first?.isEncrypted == true)
        }
    }

    @Test("A server that only speaks TLS 1.0 is refused by a modern client")
    func oldVersion() async throws {
        let chain = identity.certificateChainFile
        let old = TLSIdentity(certificateChainFile: chain, keyFile: identity.keyFile, newestVersion: .tls1)
        try await DevMailbox.with(configured { $0.encryption = .startTLS(old) }) { mailbox in
            let printed = try await smtplib(
                """
                client = smtplib.SMTP("localhost", \(mailbox.smtpPort))
                try:
                    client.starttls(context=ssl.create_default_context(cafile="\(authority.certificateFile)"))
                    print("spoke", client.sock.version())
                except ssl.SSLError as error:
                    print("refused")
                """
            )
            #expect(printed == "refused")
        }
    }

    @Test("A login in clear is refused and reported, and its password is not kept")
    func loginInClear() async throws {
        let configuration = configured {
            $0.encryption = .startTLS(identity)
            $0.logins = ["relay": "secret"]
        }
        try await DevMailbox.with(configuration) { mailbox in
            let printed = try await smtplib(
                """
                raw = Raw(\(mailbox.smtpPort))
                raw.send(b"AUTH PLAIN " + base64.b64encode(b"\\0relay\\0secret") + b"\\r\\n")
                print(raw.reply())
                """
            )
            #expect(printed == "538 5.7.11 Encryption required for login")
            #expect(mailbox.state.violations.map(\.kind) == [.loginInClear])
            #expect(mailbox.state.commands.last == "AUTH PLAIN ***")
        }
    }

    @Test("Commands injected behind STARTTLS are dropped and reported")
    func injection() async throws {
        try await DevMailbox.with(configured { $0.encryption = .startTLS(identity) }) { mailbox in
            let printed = try await smtplib(
                """
                raw = Raw(\(mailbox.smtpPort))
                raw.send(b"STARTTLS\\r\\nMAIL FROM:<evil@a.example>\\r\\n")
                print(raw.reply())
                context = ssl.create_default_context(cafile="\(authority.certificateFile)")
                secure = context.wrap_socket(raw.socket, server_hostname="localhost")
                secure.sendall(b"EHLO again.example\\r\\n")
                print(secure.recv(100)[:4])
                """
            )
            #expect(printed == "220 2.0.0 Ready to start TLS\nb'250-'")
            #expect(Set(mailbox.state.violations.map(\.kind)) == [.pipelinedPastGroupEnd])
            #expect(!mailbox.state.commands.contains { $0.contains("evil") })
        }
    }

    @Test("A stripped offer hides STARTTLS, and text can be put before the handshake")
    func strippedAndInjected() async throws {
        let configuration = configured {
            $0.encryption = .startTLS(identity)
            $0.faults = [
                FaultRule(.hello, .first(1), .stripSTARTTLS),
                FaultRule(.startTLS, .raw(Array("220 go\r\n250 injected\r\n".utf8))),
            ]
        }
        try await DevMailbox.with(configuration) { mailbox in
            let printed = try await smtplib(
                """
                stripped = smtplib.SMTP("localhost", \(mailbox.smtpPort))
                stripped.ehlo()
                print(stripped.has_extn("starttls"))
                raw = Raw(\(mailbox.smtpPort))
                raw.send(b"STARTTLS\\r\\n")
                print(raw.reply(), raw.reply())
                context = ssl.create_default_context(cafile="\(authority.certificateFile)")
                print(context.wrap_socket(raw.socket, server_hostname="localhost").version())
                """
            )
            #expect(printed == "False\n220 go 250 injected\nTLSv1.3")
        }
    }
}
