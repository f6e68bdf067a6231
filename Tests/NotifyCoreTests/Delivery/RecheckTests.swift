import NotifyCore
import Testing

@Suite("The re-check before MAIL")
struct RecheckTests {
    static func decision(
        isLeaseHeld: Bool = true, cancelReason: CancelReason? = nil, recipient: Recipient? = Sample.recipient,
        event: ClaimedEvent = Sample.event(), now: Int64 = Sample.now
    ) throws -> RecheckDecision {
        let row = RecheckRow(
            eventID: event.id, isLeaseHeld: isLeaseHeld, cancelReason: cancelReason, recipient: recipient)
        let allowed = try AddressAllowList(parsing: "*@example.com")
        return decideAgain(event, against: row, composedFor: Sample.recipient, now: now, allowing: allowed)
    }

    @Test("A mail goes out when nothing changed")
    func unchanged() throws {
        #expect(try Self.decision() == .send)
    }

    @Test("An event that another worker took is dropped, whatever else is true of it")
    func leaseLost() throws {
        #expect(try Self.decision(isLeaseHeld: false, cancelReason: .byProducer, recipient: nil) == .drop)
    }

    @Test(
        "Whoever asked to cancel while the mail waited is named by its end",
        arguments: [CancelReason.byProducer, .byOperator, .accountDeleted])
    func cancelled(reason: CancelReason) throws {
        #expect(try Self.decision(cancelReason: reason) == .end(.cancelled(reason)))
    }

    @Test("A user who vanished while the mail waited cancels it")
    func gone() throws {
        #expect(try Self.decision(recipient: nil) == .end(.cancelled(.recipientGone)))
    }

    struct Change: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let apply: @Sendable (inout Recipient) -> Void
        let outcome: Outcome?

        init(_ name: String, _ outcome: Outcome? = nil, _ apply: @escaping @Sendable (inout Recipient) -> Void) {
            testDescription = name
            self.apply = apply
            self.outcome = outcome
        }
    }

    @Test(
        "A change to the recipient while the mail waited is honoured",
        arguments: [
            Change("switch", .skipped(.preferenceOff)) { $0.isSwitchOn = false },
            Change("inactive", .skipped(.accountInactive)) { $0.isActive = false },
            Change("member", .skipped(.notAMember)) { $0.isMember = false },
            Change("suppressed", .skipped(.suppressed)) { $0.isSuppressed = true },
            Change("allowed", .skipped(.notAllowedHere)) { $0.email = "jane@elsewhere.example" },
            Change("address") { $0.email = "doe@example.com" },
            Change("name") { $0.displayName = "Jane Roe" },
            Change("locale") { $0.locale = "ja" },
            Change("zone") { $0.timeZone = "Asia/Tokyo" },
        ])
    func changed(_ change: Change) throws {
        let recipient = Sample.recipient(change.apply)
        #expect(try Self.decision(recipient: recipient) == (change.outcome.map { .end($0) } ?? .recompose(recipient)))
    }

    @Test("An event that expired while the mail waited ends")
    func expired() throws {
        #expect(try Self.decision(now: Sample.expiresAt) == .end(.expired(.neverTried)))
        let tried = Sample.event(attempts: 2)
        #expect(try Self.decision(event: tried, now: Sample.expiresAt) == .end(.failed(.retriesExhausted)))
    }
}
