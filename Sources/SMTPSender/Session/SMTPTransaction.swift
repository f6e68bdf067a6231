/// One mail's MAIL, RCPT, DATA and content within a session.
struct SMTPTransaction {
    var submission: Submission
    /// How its commands went out.
    let level: PipeliningLevel
    /// The session had carried a mail or lain idle before: the relay may have been closing it already.
    let followsIdle: Bool
    let onFreshSession: Bool
    /// Its result, or the mail itself, was given back; what follows only brings the conversation to an end.
    var isSettled = false
    var mailAnswered = false
    var mailAccepted = false

    var isGrouped: Bool { level != .inTurn }
}

/// A command, or the end of a content, whose reply is awaited.
enum AwaitedReply: Sendable {
    case mail, rcpt, data, dot, rset, quit
    /// The dot after a 354 that followed a refused RCPT (RFC 2920 §3.1): it ends a message without content.
    case loneDot

    var phase: SMTPPhase {
        switch self {
        case .mail, .rset: .mail
        case .rcpt, .loneDot: .rcpt
        case .data: .data
        case .dot: .dot
        case .quit: .quit
        }
    }

    func timeout(_ timeouts: SMTPTimeouts) -> Duration {
        switch self {
        case .mail, .rset: timeouts.mail
        case .rcpt: timeouts.rcpt
        case .data: timeouts.data
        case .dot, .loneDot: timeouts.dot
        case .quit: timeouts.quit
        }
    }
}

/// What a session tells the lane.
enum SessionEvent: Sendable {
    case finished(Submission, SendResult)
    /// Begin this mail again: nothing of it was accepted, and the attempt does not count.
    case givenBack(Submission)
    /// A joined group went wrong at this level.
    case pipeliningFailed(PipeliningLevel)
    /// The relay said 421.
    case tooBusy
    /// The connection is to be closed. Nil after a QUIT of ours.
    case ended(ConnectionFault?)
}

/// What a session can do next.
enum SessionTurn: Sendable, Equatable {
    /// Nothing before the relay's next reply.
    case wait
    /// Begin a mail. `inTurnToo` when one that must go in turn may be begun as well.
    case mail(inTurnToo: Bool)
    /// Begin a mail behind the content that is going out; the relay will reach it after about this long.
    case join(Duration)
    /// Write the content.
    case content
    /// Say QUIT: the connection has carried its number of mails.
    case quit
    case ended
}
