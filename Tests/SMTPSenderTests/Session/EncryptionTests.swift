import DevMailbox
import TestSupport
import Testing

@testable import SMTPSender

@Suite("An encrypted connection")
struct EncryptionTests {
    private static func identity(
        _ authority: TestAuthority, _ flavour: TestAuthority.Flavour, newest: TLSIdentity.Version = .tls13
    ) async throws -> TLSIdentity {
        let certificate = try await authority.certificate(flavour)
        return TLSIdentity(
            certificateChainFile: certificate.chainFile, keyFile: certificate.keyFile, newestVersion: newest)
    }

    @Test("is verified, logs in and carries mails unchanged, large ones too", arguments: [true, false])
    func carries(implicit: Bool) async throws {
        let authority = try await TestAuthority.make()
        let identity = try await Self.identity(authority, .valid)
        var mailbox = MailboxConfiguration()
        mailbox.encryption = implicit ? .implicit(identity) : .startTLS(identity)
        mailbox.requiresEncryption = true
        mailbox.requiresLogin = true
        mailbox.logins = ["user": "p@ss"]
        try await DevMailbox.with(mailbox) { mailbox in
            try await withLane(to: mailbox.smtpPort) {
                $0.host = "localhost"
                $0.tls = .required
                $0.usesImplicitTLS = implicit
                $0.caFile = authority.certificateFile
                $0.credentials = SMTPCredentials(username: "user", password: "p@ss")
                $0.connections = 3
            } _: { lane, recorder in
                let large = String(
                    repeating: "A line of sixty-four bytes, which is long enough to fill things.\r\n", count: 40_000)
                lane.submit((1...40).map { .sample($0, body: $0 % 10 == 0 ? large : "small\r\n") })
                let state = try await recorder.wait(within: .seconds(90)) { $0.finishedCount == 40 }
                #expect(state.results.values.allSatisfy { $0.map(SessionHarness.describe) == ["accepted 250"] })
                #expect(mailbox.state.mails.allSatisfy { $0.isEncrypted && $0.login == "user" })
                let sent = Dictionary(
                    uniqueKeysWithValues: (1...40)
                        .map {
                            (
                                "user\($0)@example.com",
                                Submission.sample($0, body: $0 % 10 == 0 ? large : "small\r\n").mail.content
                            )
                        })
                #expect(mailbox.state.mails.allSatisfy { sent[$0.recipients[0]] == $0.content })
            }
            #expect(mailbox.state.violations == [])
            #expect(!mailbox.state.transcript.contains { $0.text.contains("p@ss") })
        }
    }

    static let certificates: [(TestAuthority.Flavour, ConnectionFault.Kind, String)] = [
        (.expired, .certificate, "expired"), (.wrongName, .certificate, "another name"),
        (.selfSigned, .certificate, "issuer"),
    ]

    @Test("is refused when the certificate does not verify, with what to mend", arguments: certificates, [true, false])
    func certificate(
        expectation: (flavour: TestAuthority.Flavour, kind: ConnectionFault.Kind, words: String), implicit: Bool
    ) async throws {
        let authority = try await TestAuthority.make()
        let identity = try await Self.identity(authority, expectation.flavour)
        var mailbox = MailboxConfiguration()
        mailbox.encryption = implicit ? .implicit(identity) : .startTLS(identity)
        try await DevMailbox.with(mailbox) { mailbox in
            for mode in [RelayConfiguration.TLSMode.required, .opportunistic] {
                var configuration = RelayConfiguration(host: "localhost", port: mailbox.smtpPort)
                configuration.caFile = authority.certificateFile
                configuration.usesImplicitTLS = implicit
                configuration.tls = mode
                let fault = try await ConnectFaultTests.fault(configuration)
                #expect(fault.kind == expectation.kind && fault.phase == .tls, "\(fault)")
                #expect(fault.message.contains(expectation.words), "\(fault)")
            }
        }
    }

    @Test("is refused when the issuer is not trusted, or the file of issuers cannot be read")
    func unknownIssuer() async throws {
        let authority = try await TestAuthority.make()
        var mailbox = MailboxConfiguration()
        mailbox.encryption = .startTLS(try await Self.identity(authority, .valid))
        try await DevMailbox.with(mailbox) { mailbox in
            var configuration = RelayConfiguration(host: "localhost", port: mailbox.smtpPort)
            let unknown = try await ConnectFaultTests.fault(configuration)
            #expect(unknown.kind == .certificate && unknown.message.contains("CA file"), "\(unknown)")
            configuration.caFile = "/no/such/file.pem"
            let missing = try await ConnectFaultTests.fault(configuration)
            #expect(missing.kind == .certificate && missing.message.contains("/no/such/file.pem"), "\(missing)")
        }
    }

    @Test("is refused when the relay speaks nothing newer than TLS 1.1")
    func oldVersion() async throws {
        let authority = try await TestAuthority.make()
        var mailbox = MailboxConfiguration()
        mailbox.encryption = .startTLS(try await Self.identity(authority, .valid, newest: .tls11))
        try await DevMailbox.with(mailbox) { mailbox in
            var configuration = RelayConfiguration(host: "localhost", port: mailbox.smtpPort)
            configuration.caFile = authority.certificateFile
            let fault = try await ConnectFaultTests.fault(configuration)
            #expect(fault.kind == .tls && fault.phase == .tls, "\(fault)")
        }
    }

    @Test(
        "is the only one that a password goes over, whatever the mode", arguments: RelayConfiguration.TLSMode.allCases)
    func noPasswordInClear(mode: RelayConfiguration.TLSMode) async throws {
        var mailbox = MailboxConfiguration()
        mailbox.logins = ["user": "hunter2"]
        mailbox.allowsLoginInClear = true
        try await DevMailbox.with(mailbox) { mailbox in
            var configuration = RelayConfiguration(host: "127.0.0.1", port: mailbox.smtpPort)
            configuration.tls = mode
            configuration.credentials = SMTPCredentials(username: "user", password: "hunter2")
            let fault = try await ConnectFaultTests.fault(configuration)
            #expect(fault.kind == (mode == .required ? .startTLSMissing : .loginUnsafe), "\(fault)")
            #expect(!mailbox.state.commands.contains { $0.hasPrefix("AUTH") })
        }
    }

    @Test("is not missed where it is optional and no password is set")
    func opportunistic() async throws {
        try await DevMailbox.with { mailbox in
            var configuration = RelayConfiguration(host: "127.0.0.1", port: mailbox.smtpPort)
            configuration.tls = .opportunistic
            let relay = configuration
            let report = try await onThread { try RelayProbe.check(relay).get() }
            #expect(!report.isEncrypted && report.tls == nil && report.loginAccepted == nil)
            #expect(report.extensions.pipelining && report.extensions.size == 10_485_760)
        }
    }

    @Test("shows its version and the extensions from behind STARTTLS")
    func report() async throws {
        let authority = try await TestAuthority.make()
        var mailbox = MailboxConfiguration()
        mailbox.encryption = .startTLS(try await Self.identity(authority, .valid))
        mailbox.logins = ["user": "p"]
        try await DevMailbox.with(mailbox) { mailbox in
            var configuration = RelayConfiguration(host: "localhost", port: mailbox.smtpPort)
            configuration.caFile = authority.certificateFile
            configuration.credentials = SMTPCredentials(username: "user", password: "p")
            let relay = configuration
            let report = try await onThread { try RelayProbe.check(relay).get() }
            #expect(report.isEncrypted && report.loginAccepted == true)
            #expect(report.tls?.hasPrefix("TLSv1.3") == true, "\(report)")
            #expect(!report.extensions.startTLS && report.extensions.mechanisms.contains("PLAIN"))
            try await mailbox.state { $0.openSessions.isEmpty }
            #expect(mailbox.state.commands.last == "QUIT")
        }
    }

    @Test("with a relay that offers no login is told so")
    func loginNotOffered() async throws {
        let authority = try await TestAuthority.make()
        var mailbox = MailboxConfiguration()
        mailbox.encryption = .startTLS(try await Self.identity(authority, .valid))
        try await DevMailbox.with(mailbox) { mailbox in
            var configuration = RelayConfiguration(host: "localhost", port: mailbox.smtpPort)
            configuration.caFile = authority.certificateFile
            configuration.credentials = SMTPCredentials(username: "user", password: "p")
            let fault = try await ConnectFaultTests.fault(configuration)
            #expect(fault.kind == .login && fault.message.contains("offers no login"), "\(fault)")
        }
    }
}
