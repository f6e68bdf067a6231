import DevMailbox
import SMTPSender
import TestSupport
import Testing

/// Relays that must not be talked to: no mail and no password goes there, and the event waits without being charged.
@Suite("A relay that is not what it should be", .timeLimit(.minutes(3)))
struct UntrustedRelayTests {
    /// What is wrong with a relay, and what the worker must say about it.
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var certificate: TestAuthority.Flavour? = .valid
        var isAuthorityKnown = true
        var password = "right"
        var tls = RelayConfiguration.TLSMode.required
        let reason: String
    }

    static let cases = [
        Case(
            testDescription: "a certificate for another name", certificate: .wrongName, reason: "it is for another name"
        ),
        Case(testDescription: "an expired certificate", certificate: .expired, reason: "it has expired"),
        Case(testDescription: "a certificate of its own", certificate: .selfSigned, reason: "its issuer is not known"),
        Case(testDescription: "an unknown authority", isAuthorityKnown: false, reason: "its issuer is not known"),
        Case(testDescription: "no STARTTLS", certificate: nil, reason: "does not offer STARTTLS"),
        Case(
            testDescription: "no STARTTLS, where it is optional", certificate: nil, tls: .opportunistic,
            reason: "the password was not sent"),
        Case(testDescription: "a wrong password", password: "wrong", reason: "refused the login"),
    ]

    @Test("gets neither mail nor password, and the event waits uncharged until it is mended", arguments: cases)
    func waits(relay: Case) async throws {
        let authority = try await TestAuthority.make()
        var configuration = MailboxConfiguration()
        configuration.logins = ["notify": "right"]
        configuration.allowsLoginInClear = true
        if let flavour = relay.certificate {
            let certificate = try await authority.certificate(flavour)
            configuration.encryption = .startTLS(
                TLSIdentity(certificateChainFile: certificate.chainFile, keyFile: certificate.keyFile))
        }
        let mended = try await authority.certificate(.valid)
        try await DevMailbox.with(configuration) { bad in
            try await withTestDatabase(.fixtureDirectory) { database in
                let ids = try await EventFixture().sample(0).enqueue(in: database)
                var settings = RelayConfiguration(host: "localhost", port: bad.smtpPort)
                settings.tls = relay.tls
                settings.caFile = relay.isAuthorityKnown ? authority.certificateFile : nil
                settings.credentials = SMTPCredentials(username: "notify", password: relay.password)
                let worker = try await TestWorker.start(on: database, relays: [settings])
                try await worker.settled.turns(of: ids.count)
                #expect(worker.relayFault?.contains(relay.reason) == true, "\(worker.relayFault ?? "no fault")")
                try await expectAllWait(ids, in: database)
                try await worker.stop()
            }
            expectNothingGiven(to: bad, passwordMayShow: relay.password == "wrong")
            try await expectDelivery(after: mended, authority)
        }
    }

    private func expectAllWait(_ ids: [Int64], in database: TestDatabase) async throws {
        let waiting = try await database.value("select count(*) from notify.events where attempts = 0")
        #expect(waiting == "\(ids.count)")
        #expect(try await database.value("select count(*) from notify.deliveries") == "0")
        #expect(try await database.value("select count(*) from notify.attempts where charged") == "0")
    }

    /// - Parameter passwordMayShow: over TLS to the right relay; whether it is right only the relay can tell.
    private func expectNothingGiven(to relay: DevMailbox, passwordMayShow: Bool) {
        let state = relay.state
        #expect(state.mailCount == 0)
        let lines = state.transcript.filter { $0.origin == .client }.map(\.text)
        #expect(!lines.isEmpty || state.sessionCount > 0)
        #expect(!lines.contains { $0.uppercased().hasPrefix("MAIL") })
        #expect(passwordMayShow || !lines.contains { $0.uppercased().hasPrefix("AUTH") }, "\(lines)")
    }

    /// The same settings against a relay that has nothing wrong: what the cases test is the fault and not the test.
    private func expectDelivery(
        after certificate: TestAuthority.Certificate, _ authority: TestAuthority
    ) async throws {
        var configuration = MailboxConfiguration()
        configuration.logins = ["notify": "right"]
        configuration.requiresLogin = true
        configuration.encryption = .startTLS(
            TLSIdentity(certificateChainFile: certificate.chainFile, keyFile: certificate.keyFile))
        try await DevMailbox.with(configuration) { good in
            try await withTestDatabase(.fixtureDirectory) { database in
                let ids = try await EventFixture().sample(0).enqueue(in: database)
                var settings = RelayConfiguration(host: "localhost", port: good.smtpPort)
                settings.caFile = authority.certificateFile
                settings.credentials = SMTPCredentials(username: "notify", password: "right")
                let worker = try await TestWorker.start(on: database, relays: [settings])
                let mails = try await good.mails(count: ids.count)
                #expect(mails.allSatisfy { $0.isEncrypted && $0.login == "notify" })
                try await worker.settled.count(ids.count)
                try await worker.stop()
            }
        }
    }
}
