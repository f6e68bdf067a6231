import NotifyCore
import Testing

@Suite("The decision about a claimed event")
struct DecisionTests {
    /// One thing that speaks against the mail, as the checks find it, in ADR 5's order.
    struct Objection: Sendable, CustomTestStringConvertible {
        let outcome: Outcome
        let isForAccountMails: Bool
        var recipient: @Sendable (inout Recipient) -> Void = { _ in }
        var isGone = false
        var isOwnAction = false
        var isCancelled = false
        var isNotAllowed = false
        var isExpired = false
        var kind: String?
        var payload: String?

        var testDescription: String { outcome.reason ?? "" }
    }

    static let inOrder: [Objection] = [
        Objection(outcome: .cancelled(.byProducer), isForAccountMails: false, isCancelled: true),
        Objection(outcome: .cancelled(.recipientGone), isForAccountMails: true, isGone: true),
        Objection(outcome: .skipped(.accountInactive), isForAccountMails: false, recipient: { $0.isActive = false }),
        Objection(outcome: .skipped(.notAMember), isForAccountMails: false, recipient: { $0.isMember = false }),
        Objection(outcome: .skipped(.ownAction), isForAccountMails: false, isOwnAction: true),
        Objection(outcome: .skipped(.preferenceOff), isForAccountMails: false, recipient: { $0.isSwitchOn = false }),
        Objection(outcome: .skipped(.suppressed), isForAccountMails: false, recipient: { $0.isSuppressed = true }),
        Objection(outcome: .skipped(.notAllowedHere), isForAccountMails: true, isNotAllowed: true),
        Objection(outcome: .expired(.neverTried), isForAccountMails: true, isExpired: true),
        Objection(outcome: .failed(.unknownKind), isForAccountMails: true, kind: "ticket_closed"),
        Objection(outcome: .failed(.badPayload), isForAccountMails: true, payload: "[]"),
    ]

    static func decision(_ objections: some Collection<Objection>, isAccountMail: Bool = false) throws -> Decision {
        let recipient = Sample.recipient { recipient in for objection in objections { objection.recipient(&recipient) }
        }
        let event = Sample.event(
            kind: objections.compactMap(\.kind).first ?? (isAccountMail ? "account_password_reset" : "assigned_ticket"),
            payload: objections.compactMap(\.payload).first ?? Sample.ticket,
            actorID: objections.contains(where: \.isOwnAction) ? Sample.user : Sample.actor,
            cancelReason: objections.contains(where: \.isCancelled) ? .byProducer : nil,
            recipient: objections.contains(where: \.isGone) ? nil : recipient, isAccountMail: isAccountMail)
        let allowed = try AddressAllowList(
            parsing: objections.contains(where: \.isNotAllowed) ? "*@staging.example" : "*@example.com")
        let now = objections.contains(where: \.isExpired) ? Sample.expiresAt : Sample.now
        return decide(event, now: now, allowing: allowed)
    }

    @Test("With nothing against it, an event is delivered with its payload")
    func deliver() throws {
        let payload = ["ticket_id": "T-7", "subject": "Printer on fire", "url": "https://app.example.com/t/7"]
        #expect(try Self.decision([]) == .deliver(Sample.recipient, payload: payload))
        #expect(
            decide(Sample.event(actorID: nil), now: Sample.now, allowing: nil)
                == .deliver(Sample.recipient, payload: payload))
    }

    @Test("Each objection alone gives its outcome", arguments: inOrder)
    func alone(_ objection: Objection) throws {
        #expect(try Self.decision([objection]).outcome == objection.outcome)
    }

    @Test("Of any objections the first in the order of ADR 5 gives the outcome", arguments: inOrder.indices)
    func order(_ first: Int) throws {
        #expect(try Self.decision(Self.inOrder[first...]).outcome == Self.inOrder[first].outcome)
        for later in Self.inOrder.indices where later > first {
            let pair = [Self.inOrder[first], Self.inOrder[later]]
            #expect(try Self.decision(pair).outcome == Self.inOrder[first].outcome)
        }
    }

    @Test("An account mail ignores what a user may switch off, and nothing else", arguments: inOrder)
    func accountMail(_ objection: Objection) throws {
        guard !objection.isCancelled, objection.outcome.reason != "bad_payload" else { return }
        let outcome = try Self.decision([objection], isAccountMail: true).outcome
        #expect(outcome == (objection.isForAccountMails ? objection.outcome : nil))
    }

    @Test(
        "Whoever asked to cancel is named, of account mails too", arguments: [CancelReason.byProducer, .byOperator],
        [("assigned_ticket", false), ("account_invitation", true)])
    func whoCancelled(reason: CancelReason, mail: (kind: String, isAccountMail: Bool)) {
        let event = Sample.event(kind: mail.kind, cancelReason: reason, isAccountMail: mail.isAccountMail)
        #expect(decide(event, now: Sample.now, allowing: nil).outcome == .cancelled(reason))
    }

    @Test("An account mail takes any flat payload, and no other")
    func accountPayload() {
        let flat = Sample.event(kind: "account_invitation", payload: #"{"token_id": "9"}"#, isAccountMail: true)
        #expect(decide(flat, now: Sample.now, allowing: nil) == .deliver(Sample.recipient, payload: ["token_id": "9"]))
        let nested = Sample.event(kind: "account_invitation", payload: #"{"token_id": {}}"#, isAccountMail: true)
        #expect(decide(nested, now: Sample.now, allowing: nil).outcome == .failed(.badPayload))
    }

    @Test("A mail to somebody without an account is nobody's own action")
    func withoutAccount() {
        let event = Sample.event(
            kind: "account_invitation", payload: "{}", actorID: nil, isAccountMail: true, userID: nil)
        #expect(decide(event, now: Sample.now, allowing: nil) == .deliver(Sample.recipient, payload: [:]))
        #expect(decide(Sample.event(actorID: nil, userID: nil), now: Sample.now, allowing: nil).outcome == nil)
    }

    @Test("A producer's event of an account kind is of no kind that we know")
    func forgedAccountKind() {
        let event = Sample.event(kind: "account_password_reset", payload: "{}")
        #expect(decide(event, now: Sample.now, allowing: nil).outcome == .failed(.unknownKind))
    }

    @Test(
        "At its end a tried event has exhausted its retries and an untried one has expired",
        arguments: [
            (0, Outcome.expired(.neverTried)), (1, .failed(.retriesExhausted)), (9, .failed(.retriesExhausted)),
        ])
    func expiry(_ attempts: Int, _ outcome: Outcome) {
        let event = Sample.event(attempts: attempts)
        #expect(decide(event, now: Sample.expiresAt, allowing: nil).outcome == outcome)
        #expect(decide(event, now: Sample.expiresAt - 1, allowing: nil).outcome == nil)
    }

    @Test("A bad payload's detail names the field and not its value")
    func detail() {
        let payload = #"{"ticket_id": "T-7", "subject": "s", "url": "https://joe:hunter2@example.com/"}"#
        guard
            case .end(.failed(.badPayload), let detail?) = decide(Sample.event(payload: payload), now: 0, allowing: nil)
        else {
            Issue.record("the payload was not refused")
            return
        }
        #expect(detail.contains("url"))
        #expect(!detail.contains("hunter2"))
    }
}

extension Decision {
    var outcome: Outcome? {
        switch self {
        case .deliver: nil
        case .end(let outcome, _): outcome
        }
    }
}
