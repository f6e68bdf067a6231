/// One thing that goes wrong: where, for whom, how often, and what happens instead.
package struct FaultRule: Sendable {
    /// The point of the conversation. The fault takes the place of the server's normal answer there.
    package enum Stage: Sendable, Hashable {
        case greeting, hello, startTLS, login, mail, rcpt, data
        /// That many octets of content were read (counted as on the wire).
        case content(afterBytes: Int)
        /// The final dot was read and nothing is captured yet.
        case dot
        /// The mail is captured, its 250 not sent: what follows leaves the client in doubt (RFC 1047).
        case accepted
        case reset, quit
    }

    /// Which of the matching occasions are hit. Each rule counts its own, over all sessions.
    package enum Occurrence: Sendable, Hashable {
        case always
        /// Only the nth, counted from 1.
        case nth(Int)
        case first(Int)
        case every(Int)
        /// The first n for each recipient: greylisting.
        case firstForEachRecipient(Int)
        /// Between 0 and 1; the same seed hits the same occasions.
        case probability(Double, seed: UInt64)
    }

    package enum Action: Sendable {
        /// Refuses, or accepts oddly. 421 also ends the session.
        case reply(Int, String? = nil, String = "Scripted reply")
        /// Answers normally, later.
        case delay(Duration)
        /// Answers normally once the gate is released.
        case hold(Gate)
        case close
        /// Ends the connection with a RST.
        case reset
        /// Sends a FIN and goes on reading.
        case halfClose
        /// Never answers, keeps reading, keeps the connection.
        case silence
        /// Answers normally, one octet at a time.
        case drip(every: Duration)
        /// Sends these octets in place of the answer and goes on as though it had answered normally.
        case raw([UInt8])
        /// Sends these octets again and again, until the client is gone.
        case flood([UInt8])
        /// At `hello`: leaves STARTTLS out of the offer.
        case stripSTARTTLS
    }

    package let stage: Stage
    /// An address with `*` for any run of characters, compared without regard to case. After RCPT it matches when
    /// one of the recipients does.
    package let recipient: String?
    package let occurrence: Occurrence
    package let action: Action

    package init(
        _ stage: Stage,
        recipient: String? = nil,
        _ occurrence: Occurrence,
        _ action: Action
    ) {
        self.stage = stage
        self.recipient = recipient
        self.occurrence = occurrence
        self.action = action
    }

    /// A rule that always hits.
    package init(_ stage: Stage, recipient: String? = nil, _ action: Action) {
        self.init(stage, recipient: recipient, .always, action)
    }
}
