import Testing

@testable import SMTPSender

/// A relay that reads what a session writes as a server would, and answers as chance has it.
private struct RandomRelay {
    private var unread: [UInt8] = []
    private var recipient: String?
    private var isReadingContent = false
    private var mailIsOpen = false
    /// Replies on their way to the session.
    private(set) var replies: [(code: Int, accepts: String?)] = []
    /// The mails that it took responsibility for, by recipient.
    private(set) var accepted: [String] = []
    private let faultRate: Double

    init(faultRate: Double) { self.faultRate = faultRate }

    mutating func read(_ bytes: [UInt8], using random: inout SeededRandom) {
        unread += bytes
        while let line = nextLine() { take(line, using: &random) }
    }

    mutating func nextReply() -> (code: Int, accepts: String?)? { replies.isEmpty ? nil : replies.removeFirst() }

    private mutating func nextLine() -> String? {
        guard let feed = unread.firstIndex(of: 0x0A) else { return nil }
        let line = String(decoding: unread[..<feed], as: UTF8.self).trimmingSuffix("\r")
        unread.removeFirst(feed + 1)
        return line
    }

    private mutating func take(_ line: String, using random: inout SeededRandom) {
        if isReadingContent {
            guard line == "." else { return }
            isReadingContent = false
            mailIsOpen = false
            let code = recipient == nil ? 554 : answer(250, using: &random)
            if code < 300, let recipient { accepted.append(recipient) }
            replies.append((code, code < 300 ? recipient : nil))
            recipient = nil
            return
        }
        var code = 250
        if line.hasPrefix("MAIL FROM:") {
            code = mailIsOpen ? 503 : answer(250, using: &random)
            mailIsOpen = mailIsOpen || code == 250
        } else if line.hasPrefix("RCPT TO:<") {
            code = mailIsOpen ? answer(250, using: &random) : 503
            if code == 250 { recipient = String(line.dropFirst(9).dropLast()) }
        } else if line == "DATA" {
            // Some servers go on to 354 although no recipient was accepted (RFC 2920 §3.1).
            let goesOn = recipient != nil || (mailIsOpen && Bool.random(using: &random))
            code = goesOn ? answer(354, using: &random) : 503
            isReadingContent = code == 354
        } else if line == "RSET" {
            mailIsOpen = false
            recipient = nil
        } else if line == "QUIT" {
            code = 221
        } else {
            code = 500
        }
        replies.append((code, nil))
    }

    private func answer(_ good: Int, using random: inout SeededRandom) -> Int {
        guard Double.random(in: 0..<1, using: &random) < faultRate else { return good }
        return [421, 450, 451, 503, 550, 554, 999, 220].randomElement(using: &random) ?? 550
    }
}

extension String {
    fileprivate func trimmingSuffix(_ suffix: String) -> String {
        hasSuffix(suffix) ? String(dropLast(suffix.count)) : self
    }
}

@Suite("Whatever a relay does, a session")
struct SessionModelTests {
    /// One session over a random relay, to its end.
    private static func run(seed: UInt64, level: PipeliningLevel) {
        var random = SeededRandom(seed: seed)
        var relay = RandomRelay(faultRate: Double.random(in: 0...0.2, using: &random))
        var harness = SessionHarness(level)
        harness.relayReads = false
        var begun = 0
        var delivered: Set<String> = []
        var steps = 0
        var sizeBefore = 0
        while harness.session.turn != .ended, steps < 2_000 {
            steps += 1
            switch harness.session.turn {
            case .content: harness.writeContent()
            case .mail, .join:
                if begun >= 40 { harness.quit() }
                if Int.random(in: 0..<10, using: &random) > 0, begun < 40 {
                    begun += 1
                    harness.begin(recipient: "m\(begun)@example.com")
                }
            case .quit: harness.quit()
            case .wait, .ended: break
            }
            sizeBefore = harness.buffer.unsent.count
            // The network takes some of it, now and then all.
            let taken = Bool.random(using: &random) ? sizeBefore : Int.random(in: 0...sizeBefore, using: &random)
            relay.read(harness.take(taken), using: &random)
            if Double.random(in: 0..<1, using: &random) < 0.002 { harness.close() }
            if Double.random(in: 0..<1, using: &random) < 0.001 { harness.timeOut() }
            if Bool.random(using: &random), let reply = relay.nextReply() {
                let wasOpen = harness.session.turn != .ended
                harness.reply("\(reply.code) text")
                if wasOpen, let recipient = reply.accepts { delivered.insert(recipient) }
            }
        }
        let outcomes = harness.takeOutcomes()
        #expect(harness.session.turn == .ended, "seed \(seed): stuck at \(harness.session.awaited)")
        for number in 1...max(1, begun) where begun > 0 {
            let own = outcomes.filter { $0.hasPrefix("\(number) ") }
            let isAccepted = relay.accepted.contains("m\(number)@example.com")
            let isDelivered = delivered.contains("m\(number)@example.com")
            #expect(own.count == 1, "seed \(seed), mail \(number): \(own)")
            switch own.first?.split(separator: " ").dropFirst().first {
            case "accepted": #expect(isAccepted && isDelivered, "seed \(seed), mail \(number)")
            case "unknown": #expect(!isDelivered, "seed \(seed), mail \(number)")
            case "refused", "interrupted", "back": #expect(!isAccepted, "seed \(seed), mail \(number): \(own)")
            default: Issue.record("seed \(seed), mail \(number): \(own)")
            }
        }
    }

    @Test(
        "gives each mail exactly one result, and a true one",
        arguments: [PipeliningLevel.inTurn, .transaction, .content])
    func oneTrueResult(level: PipeliningLevel) {
        let seed = UInt64.random(in: 0...(UInt64.max / 2))
        for offset in 0..<600 { Self.run(seed: seed + UInt64(offset), level: level) }
    }
}
