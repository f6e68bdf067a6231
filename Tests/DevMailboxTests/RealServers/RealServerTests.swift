import Foundation
import TestSupport
import Testing

/// The servers that the SMTP session is tested against are themselves checked here, with Python's smtplib.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct RealServerTests {
    enum Server: String, CaseIterable, CustomTestStringConvertible {
        case postfix, exim, openSMTPD, smtpSink, aiosmtpd

        var testDescription: String { rawValue }

        func start() async throws -> RealServer {
            switch self {
            case .postfix: try await .postfix()
            case .exim: try await .exim()
            case .openSMTPD: try await .openSMTPD()
            case .smtpSink: try await .smtpSink()
            case .aiosmtpd: try await .aiosmtpd()
            }
        }

        static let runnable = RealServer.whyNotRootServers == nil ? allCases : [.smtpSink, .aiosmtpd]
    }

    @Test("A real server takes one mail, gives it back and is gone after its stop", arguments: Server.runnable)
    func takesAndGivesBack(_ kind: Server) async throws {
        let token = UUID().uuidString
        let port = try await RealServer.with(kind.start) { server in
            try await smtplib(
                """
                client = smtplib.SMTP("127.0.0.1", \(server.port), timeout=20)
                client.sendmail("from@sender.example", ["to@receiver.example"],
                                b"Subject: \(token)\\r\\n\\r\\nfirst\\r\\n.second begins with a dot\\r\\n")
                client.quit()
                """
            )
            let mails = try await server.deliveredMails(count: 1)
            #expect(mails.count == 1)
            let text = String(decoding: mails.first ?? [], as: UTF8.self)
            #expect(text.contains("Subject: \(token)"))
            #expect(text.contains("\n.second"))
            #expect(text.contains("to@receiver.example"))
            return server.port
        }
        let probe = try await Command.outcome(
            "python3", ["-c", "import socket; socket.create_connection(('127.0.0.1', \(port)))"])
        #expect(probe.status != 0, "something still listens on \(port)")
        #expect(probe.standardError.contains("ConnectionRefusedError"))
    }

    @Test(
        "Postfix, Exim and OpenSMTPD need root",
        .enabled(if: RealServer.whyNotRootServers != nil, "this is root: they do run")
    )
    func refuseWithoutRoot() async throws {
        await #expect(throws: RealServer.Failure.self) { try await RealServer.exim() }
    }

    @Test("Postfix discards where told to and logs what it took", .enabled(if: RealServer.whyNotRootServers == nil))
    func discards() async throws {
        try await RealServer.with({ try await .postfix(.discard) }) { server in
            try await RealServer.smtpSource(
                to: server.port,
                ["-s", "2", "-m", "20", "-f", "a@sender.example", "-t", "b@receiver.example"]
            )
            #expect(throws: RealServer.Failure.self) { try server.deliveredMails() }
            let log = try server.logText()
            #expect(log.components(separatedBy: "message-id=").count - 1 == 20)
        }
    }

    @Test(
        "Of the real servers only OpenSMTPD and aiosmtpd offer no PIPELINING",
        arguments: Server.runnable
    )
    func pipelining(_ kind: Server) async throws {
        try await RealServer.with(kind.start) { server in
            let offer = try await smtplib(
                """
                client = smtplib.SMTP("127.0.0.1", \(server.port), timeout=20)
                client.ehlo()
                print(client.has_extn("pipelining"))
                client.quit()
                """
            )
            let offers: Set<Server> = [.postfix, .exim, .smtpSink]
            #expect(offer == (offers.contains(kind) ? "True" : "False"))
        }
    }

    @Test("aiosmtpd wants STARTTLS and a login", arguments: [false, true])
    func encryptsAndAuthenticates(implicitTLS: Bool) async throws {
        let authority = try await TestAuthority.make()
        let certificate = try await authority.certificate(.valid)
        let login = (user: "relay", password: "correct horse")
        try await RealServer.with(
            { try await .aiosmtpd(certificate: certificate, implicitTLS: implicitTLS, login: login) }
        ) { server in
            let printed = try await smtplib(
                """
                context = ssl.create_default_context(cafile="\(authority.certificateFile)")
                if \(implicitTLS ? "True" : "False"):
                    client = smtplib.SMTP_SSL("localhost", \(server.port), timeout=20, context=context)
                else:
                    client = smtplib.SMTP("localhost", \(server.port), timeout=20)
                    print(client.mail("early@sender.example")[0])
                    client.starttls(context=context)
                try:
                    client.login("relay", "wrong")
                except smtplib.SMTPAuthenticationError as error:
                    print(error.smtp_code)
                client.login("relay", "correct horse")
                client.sendmail("a@sender.example", ["b@receiver.example"], b"Subject: safe\\r\\n\\r\\nx\\r\\n")
                client.quit()
                """
            )
            #expect(printed == (implicitTLS ? "535" : "530\n535"))
            #expect(try await server.deliveredMails(count: 1).count == 1)
        }
    }

    @Test("Postfix offers STARTTLS with the certificate it is given", .enabled(if: RealServer.whyNotRootServers == nil))
    func postfixEncrypts() async throws {
        let authority = try await TestAuthority.make()
        let certificate = try await authority.certificate(.valid)
        try await RealServer.with({ try await .postfix(certificate: certificate) }) { server in
            let printed = try await smtplib(
                """
                client = smtplib.SMTP("localhost", \(server.port), timeout=20)
                client.starttls(context=ssl.create_default_context(cafile="\(authority.certificateFile)"))
                print(client.ehlo()[0])
                client.quit()
                """
            )
            #expect(printed == "250")
        }
    }
}
