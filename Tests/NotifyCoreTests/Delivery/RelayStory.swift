import NotifyCore
import SMTPSender
import Testing

/// A relay with a clock of its own, so that a test reads as a story.
struct RelayStory {
    var health = RelayHealth(seed: 1)
    var now = ContinuousClock.now
    var recipients: UInt64 = 0
    var mails: Int64 = 0

    var permit: RelayPermit { health.permit(at: now) }

    mutating func take() -> RelayTicket? { health.take(relay: 0, at: now) }

    /// A mail that went out while all was well comes back.
    @discardableResult
    mutating func finish(_ result: SendResult, of mail: Int64? = nil, recipient: UInt64? = nil) -> RelayChange? {
        finish(result, RelayHealth(seed: 0).unprobed(at: now), of: mail, recipient: recipient)
    }

    @discardableResult
    mutating func finish(
        _ result: SendResult, _ ticket: RelayTicket, of mail: Int64? = nil, recipient: UInt64? = nil
    ) -> RelayChange? {
        recipients += 1
        mails += 1
        return health.finished(
            result, of: mail ?? mails, recipient: recipient ?? recipients, ticket: ticket, at: now)
    }

    mutating func connectFailed() -> RelayChange? {
        health.connectFailed(ConnectionFault(kind: .connect, phase: .connect, message: "refused"), at: now)
    }

    /// To the instant at which the relay may be probed.
    mutating func waitForProbe() throws -> RelayTicket {
        if case .closed(let until?) = permit { now = until }
        #expect(permit == .probe)
        let ticket = take()
        return try #require(ticket)
    }

    mutating func open() {
        for _ in 1...4 { #expect(connectFailed() == nil) }
        #expect(connectFailed()?.isClosing == true)
    }
}

extension RelayChange {
    /// Whether the relay was working before.
    var isClosing: Bool {
        switch self {
        case .opened, .pausedForRefusals: true
        case .stillClosed, .recovered: false
        }
    }
}

/// Results that the tests of relays tell their stories with.
enum Results {
    static let accepted = SendResult.accepted(SMTPReply(code: 250))
    static let mailFault = SendResult.refused(SMTPReply(code: 421), .mail)
    static let tooLarge = SendResult.unsendable(.tooLarge(bytes: 11, limit: 10))
    static let deferred = SendResult.refused(SMTPReply(code: 451), .dot)
    static let refused = SendResult.refused(SMTPReply(code: 550), .rcpt)
    static let unknownUser = SendResult.refused(
        SMTPReply(code: 550, enhancedCode: EnhancedStatusCode(5, 1, 1)), .rcpt)
}

extension RelayHealth {
    /// A ticket as a relay gives them out while all is well.
    func unprobed(relay: Int = 0, at now: ContinuousClock.Instant) -> RelayTicket {
        var health = self
        guard let ticket = health.take(relay: relay, at: now) else { preconditionFailure("a new relay is open") }
        return ticket
    }
}
