import NotifyCore
import SMTPSender
import Testing

@Suite("The health of a relay, whatever happens")
struct RelayHealthPropertyTests {
    static let results: [SendResult] = [
        .accepted(SMTPReply(code: 250)), .refused(SMTPReply(code: 421), .mail), .refused(SMTPReply(code: 451), .dot),
        .refused(SMTPReply(code: 550), .rcpt), .refused(SMTPReply(code: 530), .mail), .unreachable, .unknown,
        .interrupted(.content), .interrupted(.mail), Results.tooLarge,
    ]

    @Test("There is never more than one probe, and no pause outside its bounds")
    func bounds() {
        let seed = UInt64.random(in: .min ... .max)
        var generator = SplitMix64(seed: seed)
        var pauses = 0
        var probes = 0
        for round in 0..<40 {
            var health = RelayHealth(seed: seed &+ UInt64(round))
            var now = ContinuousClock.now
            var out: [RelayTicket] = []
            // Each round leans to another mix of results, so that long rows of each occur.
            let results =
                (0..<3).compactMap { _ in Self.results.randomElement(using: &generator) } + Self.results.prefix(1)
            var probeOut: RelayTicket?
            var probeStarted = now
            for _ in 0..<400 {
                var change: RelayChange?
                switch Int.random(in: 0..<9, using: &generator) {
                case 0...2:
                    let permit = health.permit(at: now)
                    let ticket = health.take(relay: 0, at: now)
                    if let ticket { out.append(ticket) }
                    switch permit {
                    case .open: #expect(ticket != nil, "seed \(seed)")
                    case .closed: #expect(ticket == nil, "seed \(seed)")
                    case .probe:
                        #expect(ticket != nil, "seed \(seed)")
                        // The one before was answered, or given up.
                        #expect(probeOut == nil || now - probeStarted >= .seconds(1_800), "seed \(seed)")
                        (probeOut, probeStarted) = (ticket, now)
                        probes += 1
                    }
                case 3...5:
                    guard let index = out.indices.randomElement(using: &generator) else { continue }
                    let ticket = out.remove(at: index)
                    let result = results.randomElement(using: &generator) ?? .unknown
                    change = health.finished(
                        result, of: Int64.random(in: 0...20, using: &generator),
                        recipient: UInt64.random(in: 0...7, using: &generator), ticket: ticket,
                        isReplaceable: Bool.random(using: &generator), at: now)
                    if ticket == probeOut { probeOut = nil }
                case 6:
                    change = health.connectFailed(
                        ConnectionFault(kind: .timeout, phase: .connect, message: "no answer"),
                        isReplaceable: Bool.random(using: &generator), at: now)
                    probeOut = nil
                case 7:
                    change = health.stalled(RelayFault(waited: .seconds(3)), at: now)
                    probeOut = nil
                default:
                    now += .seconds(Int.random(in: 0...60, using: &generator))
                }
                switch change {
                case .opened(_, let pause), .pausedForRefusals(let pause):
                    #expect(pause >= .seconds(12) && pause <= .seconds(18), "seed \(seed)")
                    #expect(health.permit(at: now) == .closed(until: now + pause), "seed \(seed)")
                    pauses += 1
                case .stillClosed(let pause):
                    #expect(pause >= .seconds(24) && pause <= .seconds(144), "seed \(seed)")
                    #expect(health.permit(at: now) == .closed(until: now + pause), "seed \(seed)")
                    pauses += 1
                case .recovered:
                    #expect(health.permit(at: now) == .open, "seed \(seed)")
                    probeOut = nil
                case nil: break
                }
            }
        }
        #expect(pauses > 0 && probes > 0, "seed \(seed)")
    }
}
