@testable import SMTPSender

/// Plays one side of a conversation by hand: what the session writes is recorded line by line, what it says is kept.
struct SessionHarness: ~Copyable {
    var session: SMTPSession
    var buffer = WriteBuffer()
    var now = ContinuousClock.now
    /// When false, what the session writes stays in the buffer, as behind a relay that takes nothing.
    var relayReads = true
    private(set) var written: [String] = []
    private(set) var outcomes: [String] = []
    private var nextToken: Int64 = 1

    init(_ level: PipeliningLevel, extensions: [String] = ["PIPELINING"], mailLimit: Int = 500) {
        var configuration = RelayConfiguration(host: "relay.test")
        configuration.mailsPerConnection = mailLimit
        session = SMTPSession(
            extensions: SMTPExtensions(extensions), level: level, configuration: configuration, now: now)
    }

    mutating func begin(
        recipient: String = "a@example.com", content: String = "Subject: x\r\n\r\nx\r\n",
        history: SubmissionHistory = .init()
    ) {
        let mail = ComposedMail(
            envelope: Envelope(sender: "s@example.com", recipient: recipient), content: Array(content.utf8))
        begin(mail, history: history)
    }

    mutating func begin(_ mail: ComposedMail, history: SubmissionHistory = .init()) {
        var submission = Submission(token: nextToken, mail: mail, isUrgent: false, checkedAt: now)
        submission.history = history
        nextToken += 1
        session.begin(submission, into: &buffer, now: now)
        settle()
    }

    mutating func reply(_ lines: String...) {
        for line in lines {
            var parser = ReplyParser()
            Array((line + "\r\n").utf8).withUnsafeBytes { parser.append($0) }
            do {
                while let code = try parser.next() { session.replied(code, parser.reply, into: &buffer, now: now) }
            } catch {
                session.broken(error)
            }
            settle()
        }
    }

    mutating func writeContent() {
        session.writeContent(into: &buffer, now: now)
        settle()
    }

    mutating func quit() {
        session.quit(into: &buffer, now: now)
        settle()
    }

    mutating func close() {
        session.closed("gone")
        settle()
    }

    /// Lets the deadline pass.
    mutating func timeOut() {
        if let deadline = session.deadline { now = max(now, deadline) }
        session.timedOut(into: &buffer, now: now)
        settle()
    }

    /// One mail from MAIL to its accepted dot, whatever the level.
    mutating func deliver() {
        begin()
        reply("250 2.1.0 ok", "250 2.1.5 ok", "354 go on")
        writeContent()
        reply("250 2.0.0 queued")
    }

    mutating func flush() {
        let bytes = Array(buffer.unsent)
        written += String(decoding: bytes, as: UTF8.self).split(separator: "\r\n", omittingEmptySubsequences: false)
            .map(String.init)
        if written.last == "" { written.removeLast() }
        buffer.advance(by: bytes.count, blocked: false)
        session.wrote(buffer, now: now)
    }

    /// Takes that many bytes of the output, as a socket would.
    mutating func take(_ count: Int) -> [UInt8] {
        let bytes = Array(buffer.unsent.prefix(count))
        buffer.advance(by: bytes.count, blocked: false)
        session.wrote(buffer, now: now)
        return bytes
    }

    /// What was written since the last call.
    mutating func takeWritten() -> [String] {
        defer { written = [] }
        return written
    }

    /// What the session said since the last call.
    mutating func takeOutcomes() -> [String] {
        defer { outcomes = [] }
        return outcomes
    }

    private mutating func settle() {
        if relayReads { flush() }
        outcomes += session.events.map(Self.describe)
        session.events = []
    }

    private static func describe(_ event: SessionEvent) -> String {
        switch event {
        case .finished(let submission, let result): "\(submission.token) \(describe(result))"
        case .givenBack(let submission):
            "\(submission.token) back" + (submission.history.inTurn ? " in turn" : "")
        case .pipeliningFailed(let level): "pipelining failed at \(level)"
        case .tooBusy: "too busy"
        case .ended(let fault): fault.map { "ended \($0.kind) \($0.phase)" } ?? "ended"
        }
    }

    static func describe(_ result: SendResult) -> String {
        switch result {
        case .accepted(let reply): "accepted \(reply.code)"
        case .refused(let reply, let phase): "refused \(reply.code) \(phase)"
        case .unsendable(let obstacle): "unsendable: \(obstacle)"
        case .unreachable: "unreachable"
        case .interrupted(let phase): "interrupted \(phase)"
        case .unknown: "unknown"
        }
    }
}
