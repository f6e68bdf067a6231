import NotifyCore
import SMTPSender
import Testing

/// The table in docs/operations.md, "Outcomes and reasons", a test for each row.
@Suite("The classification of a result")
struct ClassifyTests {
    static func verdict(
        _ result: SendResult, attempts: Int = 0, remaining: Duration = .seconds(86_400), holdsUnknown: Bool = false,
        acceptedOthers: Bool = false, refusing: Bool = false, elsewhere: Bool = false, allUnfit: Bool = false,
        jitter: Jitter = Jitter(position: 0), age: Duration = .zero
    ) -> Verdict {
        let context = AttemptContext(
            chargedAttempts: attempts, remaining: remaining, holdsUnknown: holdsUnknown,
            hasRelayAcceptedOthers: acceptedOthers, isRelayRefusing: refusing, canGoOn: elsewhere,
            areAllUnfit: allUnfit, age: age)
        return classify(result, of: context, schedule: .standard, jitter: jitter)
    }

    /// - Parameter codes: such as `550 5.1.1`.
    static func refusal(_ codes: String, _ phase: SMTPPhase) -> SendResult {
        let numbers = codes.split { " .".contains($0) }.compactMap { Int($0) }
        let enhancedCode = numbers.count == 4 ? EnhancedStatusCode(numbers[1], numbers[2], numbers[3]) : nil
        return .refused(SMTPReply(code: numbers[0], enhancedCode: enhancedCode, text: "no"), phase)
    }

    @Test("An accepted mail is sent")
    func accepted() {
        #expect(Self.verdict(.accepted(SMTPReply(code: 250, text: "queued"))) == .sent)
    }

    static let relayFaults: [SendResult] = [
        refusal("421", .mail), refusal("450 4.7.1", .mail), refusal("550 5.7.1", .mail), refusal("554", .greeting),
        refusal("502", .hello), refusal("454", .tls), refusal("452 4.3.1", .mail), refusal("452 4.3.1", .rcpt),
        refusal("452 4.3.1", .dot), refusal("530 5.7.0", .mail), refusal("530", .rcpt), refusal("534", .login),
        refusal("535 5.7.8", .login), refusal("535", .rcpt), refusal("538", .data), refusal("530", .dot),
        .interrupted(.mail), .unreachable, refusal("250", .rcpt),
    ]

    @Test("A fault of the relay is not charged, and the event waits for it or is handed on", arguments: relayFaults)
    func relayFault(_ result: SendResult) {
        #expect(Self.verdict(result, acceptedOthers: true) == .retry(after: .seconds(15), isCharged: false))
        #expect(Self.verdict(result, elsewhere: true) == .handOn)
    }

    @Test(
        "A temporary refusal of this mail is charged and follows the schedule",
        arguments: [
            refusal("450 4.2.0", .rcpt), refusal("451", .data), refusal("451 4.3.0", .dot), refusal("421", .rcpt),
            refusal("421", .dot), refusal("452", .rcpt), refusal("452 4.2.2", .rcpt), refusal("552 5.2.2", .rcpt),
            refusal("550 5.2.2", .rcpt),
        ])
    func deferred(_ result: SendResult) {
        let minutes = [1, 5, 15, 30, 60, 120, 240, 240, 240]
        for (attempts, delay) in minutes.enumerated() {
            let expected = Verdict.retry(after: .seconds(delay * 60), isCharged: true)
            #expect(Self.verdict(result, attempts: attempts, acceptedOthers: true, elsewhere: true) == expected)
        }
    }

    @Test(
        "An address that does not exist or takes no mail fails at once, whatever the relay's record",
        arguments: ["5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.0", "5.2.1", "5.2.3"], [false, true])
    func addressRefused(_ enhancedCode: String, _ acceptedOthers: Bool) {
        let whileRefusing = Self.verdict(
            Self.refusal("550 \(enhancedCode)", .rcpt), acceptedOthers: acceptedOthers, refusing: true)
        #expect(whileRefusing == .retry(after: .seconds(15), isCharged: false), "the relay refuses everybody")
        let verdict = Self.verdict(Self.refusal("550 \(enhancedCode)", .rcpt), acceptedOthers: acceptedOthers)
        #expect(verdict == .end(.failed(.recipientRefused)))
    }

    @Test(
        "Any other refusal for good is final only if the relay accepted another mail lately",
        arguments: [
            (refusal("550", .rcpt), FailureReason.recipientRefused), (refusal("550 5.7.1", .rcpt), .recipientRefused),
            (refusal("552", .rcpt), .recipientRefused), (refusal("550 5.1.7", .rcpt), .recipientRefused),
            (refusal("553 5.1.8", .rcpt), .recipientRefused), (refusal("554", .data), .messageRefused),
            (refusal("550 5.7.26", .dot), .messageRefused), (refusal("550 5.1.1", .dot), .messageRefused),
            (refusal("552 5.3.4", .mail), .messageRefused), (refusal("552", .mail), .messageRefused),
        ])
    func refused(_ result: SendResult, _ reason: FailureReason) {
        #expect(Self.verdict(result, acceptedOthers: true) == .end(.failed(reason)))
        #expect(Self.verdict(result, acceptedOthers: false) == .retry(after: .seconds(15), isCharged: false))
        #expect(Self.verdict(result, acceptedOthers: true, elsewhere: true) == .end(.failed(reason)))
        #expect(Self.verdict(result, acceptedOthers: false, elsewhere: true) == .handOn)
        #expect(
            Self.verdict(result, acceptedOthers: true, refusing: true) == .retry(after: .seconds(15), isCharged: false))
    }

    @Test(
        "A connection lost before the final dot is tried again at once, charged",
        arguments: [
            SMTPPhase.rcpt, .data, .content,
        ])
    func interrupted(_ phase: SMTPPhase) {
        #expect(Self.verdict(.interrupted(phase)) == .retry(after: .zero, isCharged: true))
    }

    @Test("A mail that makes the relay hang up again follows the schedule after its second try")
    func interruptedAgain() {
        #expect(Self.verdict(.interrupted(.content), attempts: 1) == .retry(after: .seconds(60), isCharged: true))
        #expect(Self.verdict(.interrupted(.content), attempts: 2) == .retry(after: .seconds(300), isCharged: true))
    }

    @Test("A mail that may have been accepted is sent again, or held where its kind asks for that")
    func unknown() {
        #expect(Self.verdict(.unknown) == .retry(after: .seconds(60), isCharged: true))
        #expect(Self.verdict(.unknown, holdsUnknown: true) == .hold)
    }

    @Test(
        "What one relay cannot carry goes to the next, waits for those that are ill, and fails when none can",
        arguments: [
            (SendResult.unsendable(.smtputf8Unsupported), FailureReason.smtputf8Unsupported),
            (refusal("550 5.6.7", .mail), .smtputf8Unsupported), (refusal("553 5.6.7", .rcpt), .smtputf8Unsupported),
            (Results.tooLarge, .messageRefused),
        ])
    func unfit(_ result: SendResult, _ reason: FailureReason) {
        #expect(Self.verdict(result, elsewhere: true) == .handOn)
        #expect(Self.verdict(result) == .retry(after: .seconds(15), isCharged: false))
        #expect(Self.verdict(result, age: .seconds(400)) == .retry(after: .seconds(100), isCharged: false))
        #expect(Self.verdict(result, allUnfit: true) == .end(.failed(reason)))
    }

    @Test("What no relay can send fails at once, though another could be asked")
    func unsendable() {
        let result = SendResult.unsendable(.invalidEnvelope("a line break"))
        #expect(Self.verdict(result, elsewhere: true) == .end(.failed(.addressInvalid)))
    }

    @Test("A retry that would come after the event expires ends it now")
    func outOfTime() {
        let deferred = Self.refusal("451", .dot)
        #expect(Self.verdict(deferred, remaining: .seconds(61)) == .retry(after: .seconds(60), isCharged: true))
        #expect(Self.verdict(deferred, remaining: .seconds(60)).outcome == .failed(.retriesExhausted))
        #expect(Self.verdict(.unreachable, remaining: .seconds(15)).outcome == .expired(.neverTried))
        #expect(Self.verdict(.unreachable, attempts: 3, remaining: .seconds(15)).outcome == .failed(.retriesExhausted))
        #expect(Self.verdict(.unreachable, remaining: .zero, elsewhere: true).outcome == .expired(.neverTried))
        #expect(Self.verdict(.unknown, remaining: .seconds(-5), holdsUnknown: true) == .hold)
    }

    @Test("The whole schedule is jittered by ±20 %", arguments: [(-1.0, 48), (0.0, 60), (1.0, 72), (7.0, 72)])
    func jitter(_ position: Double, _ seconds: Int) {
        let verdict = Self.verdict(Self.refusal("451", .dot), jitter: Jitter(position: position))
        #expect(verdict == .retry(after: .seconds(seconds), isCharged: true))
    }
}

extension Verdict {
    var outcome: Outcome? {
        if case .end(let outcome, _) = self { outcome } else { nil }
    }
}
