import DequeModule
package import Foundation

/// Remembers which buckets have work and where in each to start, and shares every claim among them.
///
/// The memory is what keeps a claim's cost independent of history: an index entry of a settled event cannot be removed
/// while any session holds an older snapshot, and a scan that starts at the beginning walks over all of them (a plain
/// ordered partial index fell from 0.4 ms to 20 ms a claim after 300,000). Starting from where the last claim ended
/// walks over none. What could be missed that way (a claim rolled back elsewhere) is found by the next sweep.
/// Figures and alternatives: docs/adr/0001.
package struct ClaimPlanner: Sendable {
    /// The bucket of account mails: always asked first and for the full batch.
    package static let accountLane = UUID(
        uuid: (255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255))

    /// The bucket of events that a worker may have died of: never part of a plan, but claimed one by one and alone.
    package static let suspectLane = UUID(
        uuid: (255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 254))

    /// Where in a bucket to start: events are taken in the order (transaction that made them ready, id).
    package struct Position: Sendable, Hashable, Comparable {
        package let transaction: Int64
        package let id: Int64

        package init(transaction: Int64, id: Int64) {
            self.transaction = transaction
            self.id = id
        }

        package static func < (a: Position, b: Position) -> Bool {
            (a.transaction, a.id) < (b.transaction, b.id)
        }
    }

    package struct Share: Sendable, Hashable {
        package let bucket: UUID
        package let start: Position
        package let count: Int
    }

    private var starts: [UUID: Position] = [:]
    /// Buckets with work that are not part of a claim right now; the head goes next.
    private var rotation: Deque<UUID> = []
    private var accountStart: Position?
    private var suspectStart: Position?
    private let bucketsPerClaim: Int

    package init(bucketsPerClaim: Int = 64) {
        self.bucketsPerClaim = bucketsPerClaim
    }

    /// Events became ready in `bucket`, the first of them at `position`.
    package mutating func found(_ bucket: UUID, at position: Position) {
        if bucket == Self.accountLane {
            accountStart = min(accountStart ?? position, position)
        } else if bucket == Self.suspectLane {
            suspectStart = min(suspectStart ?? position, position)
        } else if let known = starts[bucket] {
            starts[bucket] = min(known, position)
        } else {
            starts[bucket] = position
            rotation.append(bucket)
        }
    }

    /// Who gets how much of the next claim of at most `limit` notifications, account mails first.
    ///
    /// Each share must come back through ``claimed(_:count:last:)``; after a failed claim start over with a new planner
    /// and a sweep.
    package mutating func plan(limit: Int, accountLimit: Int) -> [Share] {
        var shares: [Share] = []
        if let accountStart, accountLimit > 0 {
            shares.append(Share(bucket: Self.accountLane, start: accountStart, count: accountLimit))
        }
        let count = min(rotation.count, bucketsPerClaim, limit)
        for index in 0..<count {
            let bucket = rotation.removeFirst()
            guard let start = starts[bucket] else { continue }
            let size = limit / count + (index < limit % count ? 1 : 0)
            shares.append(Share(bucket: bucket, start: start, count: size))
        }
        return shares
    }

    /// The next suspect, to be claimed alone; nil where none is known.
    package var suspect: Share? { suspectStart.map { Share(bucket: Self.suspectLane, start: $0, count: 1) } }

    /// What a claim brought for one share: `last` is the position of the last event taken, if any.
    package mutating func claimed(_ share: Share, count: Int, last: Position?) {
        let next = last.map { Position(transaction: $0.transaction, id: $0.id + 1) }
        let isExhausted = count < share.count
        if share.bucket == Self.accountLane {
            accountStart = isExhausted ? nil : next
        } else if share.bucket == Self.suspectLane {
            suspectStart = isExhausted ? nil : next
        } else if isExhausted {
            starts[share.bucket] = nil
        } else {
            starts[share.bucket] = next
            rotation.append(share.bucket)
        }
    }
}
