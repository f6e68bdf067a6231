import Testing

@testable import SMTPSender

/// Every fault at every phase, at every level of pipelining: the result is exact.
@Suite("A fault in a session")
struct SessionFaultTests {
    enum Fault: String, CaseIterable, Sendable {
        case transient = "451 4.3.0 later"
        case permanent = "554 5.7.1 no"
        case busy = "421 4.3.2 closing"
        case nonsense = "999 what"
        case noReply = "hello there"
        case close, silence
    }

    enum Phase: String, CaseIterable, Sendable {
        case mail, rcpt, data, content, dot
    }

    static let cases: [(Phase, Fault, String)] = [
        (.mail, .transient, "refused 451 mail"), (.mail, .permanent, "refused 554 mail"),
        (.mail, .busy, "refused 421 mail"), (.mail, .nonsense, "interrupted mail"),
        (.mail, .noReply, "interrupted mail"),
        (.mail, .close, "interrupted mail"), (.mail, .silence, "interrupted mail"),
        (.rcpt, .transient, "refused 451 rcpt"), (.rcpt, .permanent, "refused 554 rcpt"),
        (.rcpt, .busy, "refused 421 rcpt"), (.rcpt, .nonsense, "interrupted rcpt"),
        (.rcpt, .noReply, "interrupted rcpt"),
        (.rcpt, .close, "interrupted rcpt"), (.rcpt, .silence, "interrupted rcpt"),
        (.data, .transient, "refused 451 data"), (.data, .permanent, "refused 554 data"),
        (.data, .busy, "refused 421 data"), (.data, .nonsense, "interrupted data"),
        (.data, .noReply, "interrupted data"),
        (.data, .close, "interrupted data"), (.data, .silence, "interrupted data"),
        (.content, .transient, "refused 451 data"), (.content, .permanent, "refused 554 data"),
        (.content, .busy, "refused 421 data"), (.content, .nonsense, "interrupted content"),
        (.content, .noReply, "interrupted content"), (.content, .close, "interrupted content"),
        (.content, .silence, "interrupted content"),
        (.dot, .transient, "refused 451 dot"), (.dot, .permanent, "refused 554 dot"), (.dot, .busy, "refused 421 dot"),
        (.dot, .nonsense, "unknown"), (.dot, .noReply, "unknown"), (.dot, .close, "unknown"),
        (.dot, .silence, "unknown"),
    ]

    /// Brings a new session's first mail to where `phase` is awaited.
    private static func reach(_ phase: Phase, _ harness: inout SessionHarness) {
        harness.begin()
        guard phase != .mail else { return }
        harness.reply("250 ok")
        guard phase != .rcpt else { return }
        harness.reply("250 ok")
        guard phase != .data else { return }
        harness.relayReads = phase != .content
        harness.reply("354 go on")
        harness.writeContent()
    }

    private static func apply(_ fault: Fault, _ harness: inout SessionHarness) {
        switch fault {
        case .close: harness.close()
        case .silence: harness.timeOut()
        default: harness.reply(fault.rawValue)
        }
    }

    @Test("gives the mail exactly its phase when commands go in turn", arguments: cases)
    func inTurn(phase: Phase, fault: Fault, expected: String) {
        var harness = SessionHarness(.inTurn)
        Self.reach(phase, &harness)
        Self.apply(fault, &harness)
        #expect(harness.takeOutcomes().filter { $0.hasPrefix("1 ") } == ["1 \(expected)"])
    }

    @Test("gives the mail exactly its phase when commands go in groups", arguments: cases)
    func grouped(phase: Phase, fault: Fault, expected: String) {
        for level in [PipeliningLevel.transaction, .content] {
            var harness = SessionHarness(level)
            Self.reach(phase, &harness)
            Self.apply(fault, &harness)
            // A close behind a joined group may mean the group, and so may a silence behind its first answer: the mail
            // is begun again, in turn.
            let isBlamed =
                (fault == .close && [.mail, .rcpt, .data].contains(phase))
                || (fault == .silence && [.rcpt, .data].contains(phase))
            #expect(
                harness.takeOutcomes().filter { $0.hasPrefix("1 ") } == [isBlamed ? "1 back in turn" : "1 \(expected)"])
        }
    }

    @Test("closes the connection after anything but a plain refusal", arguments: cases)
    func closes(phase: Phase, fault: Fault, expected: String) {
        var harness = SessionHarness(.inTurn)
        Self.reach(phase, &harness)
        Self.apply(fault, &harness)
        let goesOn = (fault == .transient || fault == .permanent) && phase != .content
        #expect((harness.session.turn == .ended) == !goesOn)
    }

    @Test("lets the next mail through when it was a plain refusal", arguments: [Phase.mail, .rcpt, .data, .dot])
    func recovers(phase: Phase) {
        for level in [PipeliningLevel.inTurn, .transaction, .content] {
            var harness = SessionHarness(level)
            Self.reach(phase, &harness)
            harness.reply("550 5.1.1 no")
            while let awaited = harness.session.awaited.first {
                harness.reply(awaited == .rset ? "250 reset" : "503 5.5.1 need MAIL")
            }
            harness.deliver()
            #expect(harness.takeOutcomes() == ["1 refused 550 \(phase.rawValue)", "2 accepted 250"])
        }
    }
}
