import NotifyCore
import SMTPSender
import TestSupport
import Testing

/// Events as products write them, from `notify.enqueue_many` to a server that others wrote, read back by a parser that
/// others wrote.
@Suite("Real events through a real relay", .serialized, .timeLimit(.minutes(5)))
struct RealRelayTests {
    private static func endWithoutSMTPUTF8(_ user: EventFixture.User) -> String {
        user.requiresSMTPUTF8 ? "failed: smtputf8_unsupported" : "sent"
    }

    private func deliver(
        _ fixture: EventFixture, through server: RealServer,
        expecting expectedEnd: @escaping @Sendable (EventFixture.User) -> String = { _ in "sent" },
        configure: (inout RelayConfiguration) -> Void = { $0.tls = .off }
    ) async throws {
        try await withTestDatabase(.fixtureDirectory) { database in
            var relay = RelayConfiguration(host: "localhost", port: server.port)
            configure(&relay)
            let worker = try await TestWorker.start(on: database, relays: [relay])
            do {
                try await DeliveryCheck(fixture: fixture, expectedEnd: expectedEnd)
                    .run(on: database, worker: worker, server: server)
            } catch {
                try await worker.stop(within: .seconds(1))
                throw error
            }
            #expect(try await worker.stop().unsettled == 0)
        }
    }

    @Test("Postfix gets all 1,050", .enabled(if: RealServer.whyNotRootServers == nil, "needs root"))
    func postfix() async throws {
        let fixture = try EventFixture()
        #expect(fixture.events.count >= 1_000)
        try await RealServer.with({ try await .postfix() }) { server in
            try await deliver(fixture, through: server)
        }
    }

    @Test("Exim gets the most hostile, joined", .enabled(if: RealServer.whyNotRootServers == nil, "needs root"))
    func exim() async throws {
        let sample = try EventFixture().sample(60)
        try await RealServer.with({ try await .exim() }) { server in
            try await deliver(sample, through: server)
        }
    }

    @Test("OpenSMTPD gets the most hostile, in turn", .enabled(if: RealServer.whyNotRootServers == nil, "needs root"))
    func openSMTPD() async throws {
        let sample = try EventFixture().sample(60)
        try await RealServer.with({ try await .openSMTPD() }) { server in
            try await deliver(
                sample, through: server,
                expecting: { user in
                    // It knows no quoted local parts: 501 5.1.3 to RCPT.
                    user.email.hasPrefix("\"") ? "failed: recipient_refused" : Self.endWithoutSMTPUTF8(user)
                })
        }
    }

    @Test("aiosmtpd gets the most hostile behind STARTTLS and a login")
    func aiosmtpd() async throws {
        let sample = try EventFixture().sample(60)
        let authority = try await TestAuthority.make()
        let certificate = try await authority.certificate(.valid)
        try await RealServer.with({ try await .aiosmtpd(certificate: certificate, login: ("notify", "pass word")) }) {
            server in
            let credentials = SMTPCredentials(username: "notify", password: "pass word")
            try await deliver(
                sample, through: server,
                configure: {
                    $0.caFile = authority.certificateFile
                    $0.credentials = credentials
                })
        }
    }

    @Test("smtp-sink gets the most hostile")
    func smtpSink() async throws {
        let sample = try EventFixture().sample(60)
        try await RealServer.with({ try await .smtpSink() }) { server in
            try await deliver(sample, through: server, expecting: Self.endWithoutSMTPUTF8)
        }
    }
}
