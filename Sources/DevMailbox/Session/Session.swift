import NIOCore
import NIOSSL

/// One client's session: reads commands in order, asks the fault script, answers in batches.
///
/// Replies to a pipelined group are collected and go out together when the group's commands are used up
/// (RFC 2920 §3.2), so a client that waits for them one by one stalls nobody but itself.
final class Session {
    let id: Int
    let connection: Connection
    let tls: NIOSSLContext?
    let configuration: MailboxConfiguration
    let record: MailboxRecord
    let script: FaultScript
    var input = SMTPInput()
    var output: [UInt8] = []
    var dialogue: Dialogue
    private var isEnded = false

    init(
        id: Int,
        connection: Connection,
        tls: NIOSSLContext?,
        configuration: MailboxConfiguration,
        record: MailboxRecord,
        script: FaultScript
    ) {
        self.id = id
        self.connection = connection
        self.tls = tls
        self.configuration = configuration
        self.record = record
        self.script = script
        let isImplicit = if case .implicit = configuration.encryption { true } else { false }
        dialogue = Dialogue(configuration: configuration, isEncrypted: isImplicit)
    }

    func run() async throws {
        try await answer(Reply(220, nil, "\(configuration.name) ESMTP DevMailbox"), at: .greeting)
        while !isEnded, let line = try await nextLine() {
            try await handle(line)
        }
        try await flush()
    }

    func end() { isEnded = true }

    // MARK: Commands

    private func handle(_ line: SMTPInput.CommandLine) async throws {
        let command = SMTPCommand(line.octets)
        record.note(.client, transcript(of: line, command), session: id)
        if line.endsWithBareLineFeed {
            violation(.bareLineFeed, "in a command")
            return try await answer(.syntaxError)
        }
        let lengthLimit = if case .auth = command { 12_288 } else { 512 }
        if line.octets.count + 2 > lengthLimit { violation(.lineTooLong, "a command of \(line.octets.count) octets") }
        guard try await allowsJoined(command) else { return }
        try await perform(command)
        for (kind, detail) in dialogue.takeViolations() { violation(kind, detail) }
    }

    private func perform(_ command: SMTPCommand) async throws {
        let stage = command.stage
        if let stage, let fault = script.action(at: stage, recipients: recipients(with: command)) {
            if case .stripSTARTTLS = fault {
                note("STARTTLS stripped")
                dialogue.hidesSTARTTLS = true
            } else if try await apply(fault, at: stage, command) {
                return
            }
        }
        switch dialogue.step(command) {
        case .reply(let reply): try await answer(reply)
        case .startTLS(let reply): try await startTLS(reply.octets(showsEnhanced: showsEnhanced))
        case .login(let mechanism, let initial): try await login(mechanism, initial)
        case .readContent(let reply):
            try await answer(reply)
            try await readContent()
        case .end(let reply):
            try await answer(reply)
            end()
        }
    }

    /// Applies a fault in place of the normal course.
    /// - Returns: whether the command is dealt with.
    private func apply(
        _ fault: FaultRule.Action, at stage: FaultRule.Stage, _ command: SMTPCommand
    ) async throws -> Bool {
        switch fault {
        case .raw(let octets):
            note("\(stage): raw octets in place of the reply")
            return try await applyRaw(octets, command)
        case .reply(let code, let enhanced, let text):
            note("\(stage): scripted reply \(code)")
            try await answer(Reply(code, enhanced, text))
            if code == 421 { end() }
            return true
        default:
            return try await disturb(fault, at: stage)
        }
    }

    /// The odd answer goes out and the session goes on as though the normal one had.
    private func applyRaw(_ octets: [UInt8], _ command: SMTPCommand) async throws -> Bool {
        let step = dialogue.step(command)
        if case .startTLS = step {
            try await startTLS(octets)
            return true
        }
        output += octets
        try await flush()
        if case .readContent = step { try await readContent() }
        if case .end = step { end() }
        return true
    }

    // MARK: Pipelining

    /// Reports, and where told to ends, a session that joins what may not be joined.
    private func allowsJoined(_ command: SMTPCommand) async throws -> Bool {
        guard !input.isEmpty else { return true }
        if !configuration.offers("PIPELINING") {
            violation(.pipelinedUninvited, "\(input.count) octets behind a command")
            if configuration.endsUninvitedPipelining {
                try await answer(Reply(421, "4.5.0", "Command pipelining is not offered"))
                end()
                return false
            }
        } else if command.endsGroup {
            violation(.pipelinedPastGroupEnd, "\(input.count) octets behind \(command)")
        }
        return true
    }

    // MARK: Reading and answering

    /// The next command, or nil when the client is gone. Sends the collected replies before it waits.
    func nextLine() async throws -> SMTPInput.CommandLine? {
        while true {
            if let line = input.nextLine() { return line }
            guard input.count < 65_536 else {
                violation(.lineTooLong, "a command without an end")
                return nil
            }
            try await flush()
            guard try await readMore() else { return nil }
        }
    }

    func readMore() async throws -> Bool {
        guard let buffer = try await connection.read() else { return false }
        input.append(buffer.readableBytesView)
        return true
    }

    func answer(_ reply: Reply, at stage: FaultRule.Stage? = nil) async throws {
        if let stage, let fault = script.action(at: stage, recipients: dialogue.recipients) {
            if case .reply(let code, let enhanced, let text) = fault {
                note("\(stage): scripted reply \(code)")
                if code == 421 { end() }
                return try await answer(Reply(code, enhanced, text))
            }
            if case .raw(let octets) = fault {
                note("\(stage): raw octets in place of the reply")
                output += octets
                return
            }
            if try await disturb(fault, at: stage) { return }
        }
        record.note(.server, "\(reply.code) \(reply.enhanced.map { $0 + " " } ?? "")\(reply.lines[0])", session: id)
        output += reply.octets(showsEnhanced: showsEnhanced)
        if isDripping != nil { try await flush() }
    }

    func flush() async throws {
        guard !output.isEmpty else { return }
        let octets = output
        output = []
        guard let pace = isDripping else { return try await connection.write(octets) }
        isDripping = nil
        for octet in octets {
            try await connection.write([octet])
            try await Task.sleep(for: pace)
        }
    }

    /// Set by a drip fault until the replies now collected are out.
    var isDripping: Duration?

    var showsEnhanced: Bool { configuration.offers("ENHANCEDSTATUSCODES") }

    func note(_ text: String) { record.note(.note, text, session: id) }

    func violation(_ kind: Violation.Kind, _ detail: String) { record.violation(kind, detail, session: id) }

    private func recipients(with command: SMTPCommand) -> [String] {
        if case .rcpt(let recipient, _) = command { [recipient] } else { dialogue.recipients }
    }

    /// What is kept of a line: passwords are not.
    private func transcript(of line: SMTPInput.CommandLine, _ command: SMTPCommand) -> String {
        if case .auth(let mechanism, let initial) = command {
            return "AUTH \(mechanism)\(initial == nil ? "" : " ***")"
        }
        return String(decoding: line.octets.prefix(1_000), as: UTF8.self)
    }
}

extension SMTPCommand {
    /// Where rules for this command are looked up.
    fileprivate var stage: FaultRule.Stage? {
        switch self {
        case .ehlo, .helo: .hello
        case .startTLS: .startTLS
        case .auth: .login
        case .mail: .mail
        case .rcpt: .rcpt
        case .data: .data
        case .reset: .reset
        case .quit: .quit
        case .noop, .verify, .unknown, .malformed: nil
        }
    }
}
