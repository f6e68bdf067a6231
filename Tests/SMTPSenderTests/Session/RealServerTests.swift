import TestSupport
import Testing

@testable import SMTPSender

/// The session against servers that others wrote: what they accept arrives once and unchanged.
@Suite("A real relay", .serialized)
struct RealServerTests {
    /// Mails with every trap of the wire: dots, long lines, empty ones, no end.
    private static func body(_ number: Int64) -> String {
        switch number % 5 {
        case 0: ".\r\n..\r\n.dot\r\n"
        case 1: "no end"
        case 2: String(repeating: "x", count: 990) + "\r\n\r\n\r\n.\r\nQUIT\r\n"
        case 3: String(repeating: "A line of a long mail.\r\n", count: 1_000)
        default: "\r\n"
        }
    }

    private static func deliver(
        _ count: Int64, to server: RealServer, configure: (inout RelayConfiguration) -> Void = { _ in }
    ) async throws {
        try await withLane(to: server.port, capacity: 5_000, configure: configure) { lane, recorder in
            lane.submit((1...count).map { .sample($0, body: Self.body($0)) })
            let state = try await recorder.wait(within: .seconds(120)) { $0.finishedCount == count }
            let others = state.results.values.filter { $0.map(SessionHarness.describe) != ["accepted 250"] }
            #expect(others.isEmpty, "\(others.prefix(3))")
            #expect(state.sessionFaults == [], "\(state.sessionFaults)")
        }
    }

    /// Whether each mail arrived once, and with its body, whatever line ends the server keeps and puts on top.
    private static func expectArrived(_ count: Int64, at server: RealServer) async throws {
        var received: [Int64: [String]] = [:]
        for mail in try await server.deliveredMails(count: Int(count)) {
            let text = String(decoding: mail, as: UTF8.self).replacing("\r\n", with: "\n")
            let parts = text.split(separator: "\n\n", maxSplits: 1, omittingEmptySubsequences: false)
            let subject = parts[0].split(separator: "\n").first { $0.hasPrefix("Subject: ") }
            guard let number = subject.flatMap({ Int64($0.dropFirst(9)) }) else { continue }
            received[number, default: []].append(String(parts.last ?? "").trimmingLineEnds)
        }
        let sent = (1...count).map { ($0, [body($0).replacing("\r\n", with: "\n").trimmingLineEnds]) }
        #expect(received == Dictionary(uniqueKeysWithValues: sent))
    }

    @Test("of Postfix takes joined mails", .enabled(if: RealServer.whyNotRootServers == nil, "needs root"))
    func postfix() async throws {
        try await RealServer.with({ try await .postfix() }) { server in
            try await Self.deliver(400, to: server)
            try await Self.expectArrived(400, at: server)
        }
    }

    @Test("of Exim takes joined mails", .enabled(if: RealServer.whyNotRootServers == nil, "needs root"))
    func exim() async throws {
        try await RealServer.with({ try await .exim() }) { server in
            try await Self.deliver(200, to: server)
            try await Self.expectArrived(200, at: server)
        }
    }

    @Test("of OpenSMTPD takes mails in turn", .enabled(if: RealServer.whyNotRootServers == nil, "needs root"))
    func openSMTPD() async throws {
        try await RealServer.with({ try await .openSMTPD() }) { server in
            try await Self.deliver(200, to: server)
            try await Self.expectArrived(200, at: server)
        }
    }

    @Test("of smtp-sink takes thousands of mails")
    func smtpSink() async throws {
        try await RealServer.with({ try await .smtpSink(keepsMails: false) }) { server in
            try await Self.deliver(4_000, to: server)
        }
    }

    @Test("of aiosmtpd takes mails over STARTTLS or TLS, behind a login", arguments: [false, true])
    func aiosmtpd(implicit: Bool) async throws {
        let authority = try await TestAuthority.make()
        let certificate = try await authority.certificate(.valid)
        try await RealServer.with({
            try await .aiosmtpd(certificate: certificate, implicitTLS: implicit, login: ("user", "pass word"))
        }) { server in
            try await Self.deliver(50, to: server) {
                $0.host = "localhost"
                $0.tls = .required
                $0.usesImplicitTLS = implicit
                $0.caFile = authority.certificateFile
                $0.credentials = SMTPCredentials(username: "user", password: "pass word")
                $0.connections = 3
            }
            try await Self.expectArrived(50, at: server)
        }
    }

    @Test("of aiosmtpd that wants a login refuses MAIL with 530 when there is none, and a wrong password at once")
    func aiosmtpdLogin() async throws {
        let authority = try await TestAuthority.make()
        let certificate = try await authority.certificate(.valid)
        try await RealServer.with({ try await .aiosmtpd(certificate: certificate, login: ("user", "right")) }) {
            server in
            let configure: (inout RelayConfiguration) -> Void = {
                $0.host = "localhost"
                $0.tls = .required
                $0.caFile = authority.certificateFile
            }
            try await withLane(to: server.port, configure: configure) { lane, recorder in
                lane.submit([.sample(1)])
                let state = try await recorder.wait { $0.finishedCount == 1 }
                #expect(state.result(1).map(SessionHarness.describe) == "refused 530 mail")
            }
            var wrong = RelayConfiguration(host: "localhost", port: server.port)
            configure(&wrong)
            wrong.credentials = SMTPCredentials(username: "user", password: "hunter2")
            let fault = try await ConnectFaultTests.fault(wrong)
            #expect(fault.kind == .login && fault.reply?.code == 535 && !fault.message.contains("hunter2"), "\(fault)")
        }
    }
}

extension StringProtocol {
    fileprivate var trimmingLineEnds: String { String(reversed().drop { $0 == "\n" }.reversed()) }
}
