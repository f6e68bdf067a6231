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
        Case("closed at once", .greeting, .close, .closed, .greeting),
        Case("reset at once", .greeting, .reset, .closed, .greeting),
        Case("silent at once", .greeting, .silence, .timeout, .greeting),
        Case("EHLO 550", .hello, .reply(550, "5.7.1"), .hello, .hello, 550),
        Case("EHLO 421", .hello, .reply(421), .hello, .hello, 421),
        Case("closed at EHLO", .hello, .close, .closed, .hello),
        Case("silent at EHLO", .hello, .silence, .timeout, .hello),
        Case("STARTTLS 454", .startTLS, .reply(454, "4.7.0"), .tls, .tls, 454),
        Case("closed at STARTTLS", .startTLS, .close, .closed, .tls),
        Case("silent at STARTTLS", .startTLS, .silence, .timeout, .tls),
        Case("STARTTLS stripped", .hello, .stripSTARTTLS, .startTLSMissing, .tls),
        Case("AUTH 535", .login, .reply(535, "5.7.8"), .login, .login, 535),
        Case("AUTH 454", .login, .reply(454), .login, .login, 454),
        Case("closed at AUTH", .login, .close, .closed, .login),
        Case("silent at AUTH", .login, .silence, .timeout, .login),
        Case("greeting without code", .greeting, .raw(Array("hello\r\n".utf8)), .badReply, .greeting),
        Case(
            "greeting without end", .greeting, .raw(Array(String(repeating: "220-x\r\n", count: 600).utf8)), .badReply,
            .greeting),
    ]

    @Test("tells exactly where it failed and why", arguments: cases)
    func fault(_ scenario: Case) async throws {
        let authority = try await TestAuthority.make()
        let certificate = try await authority.certificate(.valid)
        var mailbox = MailboxConfiguration()
        mailbox.encryption = .startTLS(
            TLSIdentity(certificateChainFile: certificate.chainFile, keyFile: certificate.keyFile))
        mailbox.logins = ["user": "hunter2"]
        mailbox.faults = [scenario.rule]
        try await DevMailbox.with(mailbox) { mailbox in
            var configuration = RelayConfiguration(host: "localhost", port: mailbox.smtpPort)
            configuration.caFile = authority.certificateFile
            configuration.credentials = SMTPCredentials(username: "user", password: "hunter2")
            configuration.timeouts.greeting = scenario.kind == .timeout ? .seconds(4) : .seconds(60)
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
