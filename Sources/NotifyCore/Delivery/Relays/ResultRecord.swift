/// The last results of a relay: whether it accepts mail at all, and how much of it it refuses for good.
struct ResultRecord: Sendable {
    private struct Entry {
        let isAccepted: Bool
        let refused: UInt64?
    }

    private let policy: RelayPolicy
    /// A ring, oldest overwritten first.
    private var entries: [Entry] = []
    private var oldest = 0
    private var accepted: UInt64 = 0
    private var refusals = 0
    private var refusalsInARow: [UInt64] = []

    init(policy: RelayPolicy) {
        self.policy = policy
        entries.reserveCapacity(policy.refusalWindow)
    }

    /// Whether one of the last results was an acceptance.
    var hasAcceptance: Bool { accepted != 0 }

    mutating func add(isAccepted: Bool, refused: UInt64?) {
        accepted = (accepted << 1 | (isAccepted ? 1 : 0)) & ((1 << UInt64(policy.recordLength)) - 1)
        if let refused {
            refusals += 1
            refusalsInARow.append(refused)
            refusalsInARow = refusalsInARow.suffix(policy.refusalWindow)
        } else {
            refusalsInARow.removeAll(keepingCapacity: true)
        }
        let entry = Entry(isAccepted: isAccepted, refused: refused)
        guard entries.count == policy.refusalWindow else { return entries.append(entry) }
        if entries[oldest].refused != nil { refusals -= 1 }
        entries[oldest] = entry
        oldest = (oldest + 1) % entries.count
    }

    /// Whether the refusals are so many, to so many, that it is the relay which refuses.
    var isRefusingTooMuch: Bool {
        if refusalsInARow.count >= policy.refusalsInARow, Set(refusalsInARow).count >= policy.recipientsRefused {
            return true
        }
        return refusals >= policy.refusalsInWindow
            && Set(entries.compactMap(\.refused)).count >= policy.recipientsRefused
    }

    /// After a recovery the refusals of before do not count; that it accepted mail does.
    mutating func forgetRefusals() {
        entries.removeAll(keepingCapacity: true)
        oldest = 0
        refusals = 0
        refusalsInARow.removeAll(keepingCapacity: true)
    }
}
