import Synchronization

/// A capture SMTP server for the demo and the tests: takes mail, delivers none, and fails on demand.
///
/// It is strict: what a client does wrong is kept in `state.violations`. It listens on loopback only.
package final class DevMailbox: Sendable {
    package let smtpPort: Int
    /// Where the captured mails can be read in a browser; nil when no page is served.
    package let webAddress: String?
    /// The rules in force; may be changed at any time.
    package let faults: FaultScript

    private let configuration: MailboxConfiguration
    private let record: MailboxRecord
    /// Nil while suspended.
    private let smtp: Mutex<(server: SMTPServer, task: Task<Void, Never>)?>
    private let webTask: Task<Void, Never>?

    private init(
        configuration: MailboxConfiguration,
        record: MailboxRecord,
        faults: FaultScript,
        smtp: SMTPServer,
        web: MailboxWeb?
    ) {
        self.configuration = configuration
        self.record = record
        self.faults = faults
        smtpPort = smtp.port
        webAddress = web.map { "http://\(MailboxConfiguration.host):\($0.port)/" }
        webTask = web?.task
        self.smtp = Mutex((smtp, Task { await smtp.run() }))
    }

    /// Returns when both servers accept connections.
    package static func start(_ configuration: MailboxConfiguration = MailboxConfiguration()) async throws -> DevMailbox
    {
        let log = try configuration.log.map(CaptureLog.init)
        let record = MailboxRecord(mailLimit: configuration.mailLimit, log: log)
        let faults = FaultScript(configuration.faults)
        let smtp = try await SMTPServer.bind(
            port: configuration.smtpPort,
            configuration: configuration,
            record: record,
            script: faults
        )
        var web: MailboxWeb?
        if let port = configuration.webPort {
            do {
                web = try await MailboxWeb.start(port: port, smtpPort: smtp.port, record: record)
            } catch {
                await smtp.close()
                throw error
            }
        }
        return DevMailbox(configuration: configuration, record: record, faults: faults, smtp: smtp, web: web)
    }

    /// Runs `body` with a mailbox that is stopped whatever happens.
    package static func with<Result: Sendable>(
        _ configuration: MailboxConfiguration = MailboxConfiguration(),
        _ body: (DevMailbox) async throws -> Result
    ) async throws -> Result {
        let mailbox = try await start(configuration)
        do {
            let result = try await body(mailbox)
            await mailbox.stop()
            return result
        } catch {
            await mailbox.stop()
            throw error
        }
    }

    /// What was seen so far.
    package var state: MailboxState { record.state }

    /// Waits for a state, on a signal; throws `MailboxTimeout` when it does not come in time.
    @discardableResult
    package func state(
        within limit: Duration = .seconds(30),
        where predicate: @escaping @Sendable (MailboxState) -> Bool
    ) async throws -> MailboxState {
        try await record.wait(within: limit, until: predicate)
    }

    /// Waits until at least `count` mails were captured, and returns those that are kept, oldest first.
    package func mails(count: Int, within limit: Duration = .seconds(30)) async throws -> [CapturedMail] {
        try await state(within: limit) { $0.mailCount >= count }.mails
    }

    /// Waits until a rule was applied that the transcript names so, such as `dot: hold`.
    package func applied(_ fault: String, within limit: Duration = .seconds(30)) async throws {
        try await state(within: limit) { $0.transcript.contains { $0.origin == .note && $0.text == fault } }
    }

    /// Ends all sessions and refuses connections, as though the relay were gone. Mails and the port are kept.
    package func suspend() async {
        let running = smtp.withLock { smtp in
            defer { smtp = nil }
            return smtp
        }
        await running?.server.close()
        await running?.task.value
    }

    package func resume() async throws {
        let server = try await SMTPServer.bind(
            port: smtpPort,
            configuration: configuration,
            record: record,
            script: faults
        )
        smtp.withLock { $0 = (server, Task { await server.run() }) }
    }

    /// Returns when all is closed.
    package func stop() async {
        await suspend()
        webTask?.cancel()
        await webTask?.value
    }
}
