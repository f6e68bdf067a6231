import DevMailbox
import TestSupport
import Testing

@testable import SMTPSender

/// What an operator is told when no session can be had.
@Suite("Connecting")
struct ConnectFaultTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let rule: FaultRule
        let kind: ConnectionFault.Kind
        let phase: SMTPPhase
        let code: Int?

        init(
            _ name: String, _ stage: FaultRule.Stage, _ action: FaultRule.Action, _ kind: ConnectionFault.Kind,
            _ phase: SMTPPhase, _ code: Int? = nil
        ) {
            testDescription = name
            rule = FaultRule(stage, .always, action)
            self.kind = kind
            self.phase = phase
            self.code = code
        }
    }

    static let cases = [
        Case("greeting 421", .greeting, .reply(421, "4.3.2"), .greeting, .greeting, 421),
        Case("greeting 554", .greeting, .reply(554, "5.7.1"), .greeting, .greeting, 554),
        Case("closed at once", .greeting, .close, .closed, .greeting), Case("reset at once", .greeting, .reset, .closed, .greeting),
        Case("silent at once", .greeting, .silence, .timeout, .greeting),
        Case("EHLO 550", .hello, .reply(550, "5.7.1"), .hello, .hello, 550), Case("EHLO 421", .hello, .reply(421), .hello, .hello, 421),
        Case("closed at EHLO", .hello, .close, .closed, .hello), Case("silent at EHLO", .hello, .silence, .timeout, .hello),
        Case("STARTTLS 454", .startTLS, .reply(454, "4.7.0"), .tls, .tls, 454),
        Case("closed at STARTTLS", .startTLS, .close, .closed, .tls), Case("silent at STARTTLS", .startTLS, .silence, .timeout, .tls),
        Case("STARTTLS stripped", .hello, .stripSTARTTLS, .startTLSMissing, .tls),
        Case("AUTH 535", .login, .reply(535, "5.7.8"), .login, .login, 535), Case("AUTH 454", .login, .reply(454), .login, .login, 454),
        Case("closed at AUTH", .login, .close, .closed, .login), Case("silent at AUTH", .login, .silence, .timeout, .login),
        Case("greeting without code", .greeting, .raw(Array("hello\r\n".utf8)), .badReply, .greeting),
        Case("greeting without end", .greeting, .raw(Array(String(repeating: "220-x\r\n", count: 600).utf8)), .badReply, .greeting),
    ]

    @Test("tells exactly where it failed and why", arguments: cases)
    func fault(_ scenario: Case) async throws {
        let authority = try await TestAuthority.make()
        let certificate = try await authority.certificate(.valid)
        var mailbox = MailboxConfiguration()
        mailbox.encryption = .startTLS(TLSIdentity(certificateChainFile: certificate.chainFile, keyFile: certificate.keyFile))
        mailbox.logins = ["user": "hunter2"]
        mailbox.faults = [scenario.rule]
        try await DevMailbox.with(mailbox) { mailbox in
            var configuration = RelayConfiguration(host: "localhost", port: mailbox.smtpPort)
            configuration.caFile = authority.certificateFile
            configuration.credentials = SMTPCredentials(username: "user", password: "hunter2")
            configuration.timeouts.greeting = .milliseconds(300)
            let fault = try await Self.fault(configuration)
            #expect(fault.kind == scenario.kind, "\(fault)")
            #expect(fault.phase == scenario.phase, "\(fault)")
            #expect(fault.reply?.code == scenario.code)
            #expect(!"\(fault)".contains("hunter2"))
            #expect(mailbox.state.violations == [])
        }
    }

    static func fault(_ configuration: RelayConfiguration) async throws -> ConnectionFault {
        switch try await onThread({ RelayProbe.check(configuration) }) {
        case .failure(let fault): return fault
        case .success(let report): throw LaneRecorder.TimedOut(description: "connected: \(report)")
        }
    }

    @Test("names a host that has no address, and a port that nobody listens on")
    func unreachable() async throws {
        let nowhere = try await Self.fault(RelayConfiguration(host: "no-such-host.invalid"))
        #expect(nowhere.kind == .resolve && nowhere.message.contains("no-such-host.invalid"))
        let closed = try await Self.fault(RelayConfiguration(host: "127.0.0.1", port: try LoopbackPort.free()))
        #expect(closed.kind == .connect && closed.phase == .connect)
    }
}

@Suite("An encrypted connection")
struct EncryptionTests {
    private static func identity(
        _ authority: TestAuthority, _ flavour: TestAuthority.Flavour, newest: TLSIdentity.Version = .tls13
    ) async throws -> TLSIdentity {
        let certificate = try await authority.certificate(flavour)
        return TLSIdentity(certificateChainFile: certificate.chainFile, keyFile: certificate.keyFile, newestVersion: newest)
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
                let large = String(repeating: "A line of sixty-four bytes, which is long enough to fill things.\r\n", count: 40_000)
                lane.submit((1...40).map { .sample($0, body: $0 % 4 == 0 ? large : "small\r\n") })
                let state = try await recorder.wait(within: .seconds(90)) { $0.finishedCount == 40 }
                #expect(state.results.values.allSatisfy { $0.map(SessionHarness.describe) == ["accepted 250"] })
                #expect(mailbox.state.mails.allSatisfy { $0.isEncrypted && $0.login == "user" })
                let sent = Dictionary(
                    uniqueKeysWithValues: (1...40).map {
                        ("user\($0)@example.com", Submission.sample($0, body: $0 % 4 == 0 ? large : "small\r\n").mail.content)
                    })
                #expect(mailbox.state.mails.allSatisfy { sent[$0.recipients[0]] == $0.content })
            }
            #expect(mailbox.state.violations == [])
            #expect(!mailbox.state.transcript.contains { $0.text.contains("p@ss") })
        }
    }

    static let certificates: [(TestAuthority.Flavour, ConnectionFault.Kind, String)] = [
        (.expired, .certificate, "expired"), (.wrongName, .certificate, "another name"), (.selfSigned, .certificate, "issuer"),
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

    @Test("is the only one that a password goes over, whatever the mode", arguments: RelayConfiguration.TLSMode.allCases)
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
