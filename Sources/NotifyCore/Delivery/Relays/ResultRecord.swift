import DequeModule

/// The last results of a relay: whether it accepts mail at all, and how much of it it refuses for good.
///
/// A mail that stays undecided, deferred or stopped by a fault time and again, stands here once, by its latest result:
/// the retries of a full mailbox must not push the acceptances of all others out. Refusals count each time: while few
/// mails wait, their retries are all that shows a relay which refuses everything.
struct ResultRecord: Sendable {
    enum Result: Sendable, Hashable {
        case accepted
        /// Refused for good; a hash of the recipient's address.
        case refused(UInt64)
        /// Anything else.
        case undecided
    }

    private struct Entry {
        let mail: Int64
        var result: Result

        var refusedRecipient: UInt64? {
            if case .refused(let recipient) = result { recipient } else { nil }
        }
    }

    private let policy: RelayPolicy
    /// Oldest first.
    private var entries: Deque<Entry> = []

    init(policy: RelayPolicy) {
        self.policy = policy
        entries.reserveCapacity(policy.refusalWindow)
    }

    /// Whether one of the last results was an acceptance.
    var hasAcceptance: Bool { entries.suffix(policy.recordLength).contains { $0.result == .accepted } }

    /// Whether the refusals among the latest are as many as pause a relay when they come in a row: the results of mails
    /// that it took before come in between.
    var isRefusingLately: Bool {
        let refused = entries.suffix(policy.doubtWindow).compactMap(\.refusedRecipient)
        return refused.count >= policy.refusalsInARow && Set(refused).count >= policy.recipientsRefused
    }

    /// - Parameter mail: the same number for each try of one mail.
    mutating func add(_ result: Result, of mail: Int64) {
        if let earlier = entries.firstIndex(where: { $0.mail == mail && $0.result == .undecided }) {
            entries.remove(at: earlier)
        } else if entries.count == policy.refusalWindow {
            entries.removeFirst()
        }
        entries.append(Entry(mail: mail, result: result))
    }

    /// Whether the refusals are so many, to so many, that it is the relay which refuses.
    var isRefusingTooMuch: Bool {
        let inARow = entries.reversed().prefix { $0.refusedRecipient != nil }.compactMap(\.refusedRecipient)
        let inWindow = entries.compactMap(\.refusedRecipient)
        return inARow.count >= policy.refusalsInARow && Set(inARow).count >= policy.recipientsRefused
            || inWindow.count >= policy.refusalsInWindow && Set(inWindow).count >= policy.recipientsRefused
    }

    /// After a recovery the refusals of before do not count; that it accepted mail does.
    mutating func forgetRefusals() {
        for index in entries.indices where entries[index].refusedRecipient != nil { entries[index].result = .undecided }
    }
}
