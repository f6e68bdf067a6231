/// One connection of a lane: the socket, the bytes under way in both directions, and the conversation.
///
/// Not Sendable: lives on the lane's thread.
final class LaneConnection {
    /// Most bytes that one read takes: the largest TLS record.
    static let readSize = 16 * 1024

    let curl: CurlConnection
    var session: SMTPSession
    private var parser = ReplyParser()
    private var output = WriteBuffer()

    init(curl: CurlConnection, level: PipeliningLevel, configuration: RelayConfiguration, now: ContinuousClock.Instant)
    {
        self.curl = curl
        session = SMTPSession(extensions: curl.extensions, level: level, configuration: configuration, now: now)
    }

    var isWriting: Bool { !output.isDrained }
    var isBlocked: Bool { output.isBlocked }

    func begin(_ submission: Submission, now: ContinuousClock.Instant) {
        session.begin(submission, into: &output, now: now)
    }

    func writeContent(now: ContinuousClock.Instant) {
        session.writeContent(into: &output, now: now)
    }

    func quit(now: ContinuousClock.Instant) {
        session.quit(into: &output, now: now)
    }

    func timedOut(now: ContinuousClock.Instant) {
        session.timedOut(into: &output, now: now)
    }

    /// Writes until all is out or the relay takes no more.
    func flush(now: ContinuousClock.Instant) {
        while !output.isDrained, !session.hasEnded {
            switch curl.send(output.unsent) {
            case .taken(let count) where count > 0:
                output.advance(by: count, blocked: false)
                session.wrote(output, now: now)
            case .blocked, .taken:
                output.advance(by: 0, blocked: true)
                return
            case .failed(let message):
                // What the relay said before it closed (421, 554) says more than our failure to write.
                withUnsafeTemporaryAllocation(byteCount: Self.readSize, alignment: 16) { receive(into: $0, now: now) }
                session.closed(message)
            }
        }
    }

    /// Reads and answers until the relay has no more to say.
    func receive(into scratch: UnsafeMutableRawBufferPointer, now: ContinuousClock.Instant) {
        while !session.hasEnded {
            switch curl.receive(into: scratch) {
            case .bytes(let count):
                parser.append(UnsafeRawBufferPointer(rebasing: scratch[..<count]))
                takeReplies(now)
                // A plain socket that gave less than it could is empty; TLS may have more that poll() does not see.
                if !curl.isEncrypted, count < scratch.count { return }
            case .nothingYet: return
            case .closed(let message): session.closed(message)
            }
        }
    }

    private func takeReplies(_ now: ContinuousClock.Instant) {
        do {
            while !session.hasEnded, let code = try parser.next() {
                session.replied(code, parser.reply, into: &output, now: now)
            }
        } catch {
            session.broken(error)
        }
    }
}
