import Testing

@testable import NotifyCore
@testable import NotifyWorker

@Suite("An event's story")
struct EventStoryTests {
    private static let nine = Moment(microseconds: 1_795_770_000_000_000)

    private static func after(_ seconds: Int64) -> Moment {
        Moment(microseconds: nine.microseconds + seconds * 1_000_000)
    }

    private func open(state: String, cancelReason: String? = nil, maybeSent: Bool = false) -> EventHistory.Open {
        EventHistory.Open(
            kind: "assigned_ticket", state: state, userID: Person.jane, organizationID: nil, organizationName: nil,
            actorID: nil, dueAt: Self.after(60), expiresAt: Self.after(86_400), enqueuedAt: Self.nine, attempts: 1,
            wasTried: true, messageID: "m", leaseID: 5, workerName: "host:1", cancelReason: cancelReason,
            retryOf: nil, traceparent: nil, maybeSent: maybeSent)
    }

    @Test("What happened stands in order of time, with the relay's words on one line each")
    func sent() {
        let attempt = EventHistory.Attempt(
            number: 1, finishedAt: Self.after(1), relay: "mx:25", result: "refused", phase: "rcpt",
            reply: .init(code: 450, enhancedCode: "4.2.0", text: "mailbox\nbusy"), wasCharged: true,
            nextAt: Self.after(61), detail: nil)
        let ended = EventHistory.Ended(
            kind: "assigned_ticket", userID: Person.jane, organizationID: Person.organization, organizationName: "Acme",
            outcome: "sent", reason: nil, attempts: 2, reply: .init(code: 250, enhancedCode: "2.0.0", text: "Ok"),
            messageID: "m", leaseID: 6, enqueuedAt: Self.nine, finishedAt: Self.after(62), retryOf: 3, relay: "mx:25",
            detail: nil, maybeSent: false)
        let feed = EventHistory.Feed(
            visibleAt: Self.nine, createdAt: Self.nine, readAt: Self.after(30), retractedAt: nil)
        let history = EventHistory(
            id: 7, open: nil, attempts: [attempt], outcome: ended, keptSince: nil, feed: feed)
        #expect(
            EventStory(history).text == """
                Event 7 · assigned_ticket · sent
                  user          \(Person.jane)
                  organisation  Acme (\(Person.organization))
                  message id    m
                  retry of      event 3
                  lease         6

                What happened
                  2026-11-27T09:00:00.000Z  enqueued
                  2026-11-27T09:00:00.000Z  visible in the product
                  2026-11-27T09:00:01.000Z  attempt 1 at mx:25: refused at rcpt, 450 4.2.0 mailbox\\u{a}busy; next try 2026-11-27T09:01:01.000Z
                  2026-11-27T09:00:30.000Z  read in the product
                  2026-11-27T09:01:02.000Z  sent by mx:25: 250 2.0.0 Ok, after 2 attempts

                Now
                  It has ended: sent.
                """)
    }

    @Test(
        "Where an open event stands is said in a sentence",
        arguments: [
            ("ready", nil, "It is due and waits for a worker."),
            ("leased", "by_operator", "Worker host:1 has it. Cancelling was asked for (by_operator)."),
            (
                "held", nil,
                "It is held until a person decides: notify-worker queue retry 7, or cancel 7."
            ),
            ("retrying", nil, "It waits for its next attempt at 2026-11-27T09:01:00.000Z."),
            ("scheduled", nil, "It waits until it is due at 2026-11-27T09:01:00.000Z."),
        ])
    func present(state: String, cancelReason: String?, sentence: String) {
        for maybeSent in [false, true] {
            let open = open(state: state, cancelReason: cancelReason, maybeSent: maybeSent)
            let history = EventHistory(id: 7, open: open, attempts: [], outcome: nil, keptSince: nil, feed: nil)
            let doubt = maybeSent ? " An earlier attempt may have reached its reader." : ""
            #expect(EventStory(history).text.hasPrefix("Event 7 · assigned_ticket · \(state)\n"))
            #expect(EventStory(history).text.hasSuffix("Now\n  \(sentence)\(doubt)"))
        }
    }

    @Test("A cancelled event is called so with who asked, and a next try that does not wait is at once")
    func cancelled() {
        let attempt = EventHistory.Attempt(
            number: 1, finishedAt: Self.after(1), relay: "mx:25", result: "unknown", phase: "dot", reply: nil,
            wasCharged: true, nextAt: Self.after(1), detail: nil)
        let ended = EventHistory.Ended(
            kind: "assigned_ticket", userID: Person.jane, organizationID: nil, organizationName: nil,
            outcome: "cancelled", reason: "by_operator", attempts: 1, reply: nil, messageID: "m", leaseID: nil,
            enqueuedAt: Self.nine, finishedAt: Self.after(2), retryOf: nil, relay: nil, detail: nil, maybeSent: true)
        let text = EventStory(
            EventHistory(id: 7, open: nil, attempts: [attempt], outcome: ended, keptSince: nil, feed: nil)
        )
        .text
        #expect(text.hasPrefix("Event 7 · assigned_ticket · cancelled, by_operator\n"))
        #expect(text.contains("attempt 1 at mx:25: unknown at dot; next try at once\n"))
        #expect(text.hasSuffix("Now\n  It has ended: cancelled. An earlier attempt may have reached its reader."))
    }
}
