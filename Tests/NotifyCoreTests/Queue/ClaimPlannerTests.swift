import Foundation
import Testing

@testable import NotifyCore

@Suite("Claims are shared among organisations")
struct ClaimPlannerTests {
    private let noisy = UUID()

    private func position(_ transaction: Int64, _ id: Int64 = 0) -> ClaimPlanner.Position {
        ClaimPlanner.Position(transaction: transaction, id: id)
    }

    @Test("One bucket alone gets the whole claim")
    func oneBucket() {
        var planner = ClaimPlanner()
        planner.found(noisy, at: position(5, 1))
        let shares = planner.plan(limit: 100, accountLimit: 100)
        #expect(shares == [ClaimPlanner.Share(bucket: noisy, start: position(5, 1), count: 100)])
    }

    @Test("A noisy organisation gets no more of a claim than each of fifty others")
    func noisyOrganization() {
        var planner = ClaimPlanner()
        planner.found(noisy, at: position(1))
        for transaction in 2...51 { planner.found(UUID(), at: position(Int64(transaction))) }
        let shares = planner.plan(limit: 102, accountLimit: 0)
        #expect(shares.count == 51)
        #expect(shares.allSatisfy { $0.count == 2 })
    }

    @Test("Shares add up to the limit", arguments: [1, 7, 63, 64, 65, 128, 1_000])
    func sharesAddUp(limit: Int) {
        var planner = ClaimPlanner()
        for transaction in 1...10 { planner.found(UUID(), at: position(Int64(transaction))) }
        let shares = planner.plan(limit: limit, accountLimit: 0)
        #expect(shares.reduce(0) { $0 + $1.count } == limit)
        #expect(shares.allSatisfy { $0.count > 0 })
    }

    @Test("Every bucket has its turn within one rotation, however many there are")
    func rotation() {
        var planner = ClaimPlanner()
        var waiting = Set((1...1_000).map { _ in UUID() })
        for bucket in waiting { planner.found(bucket, at: position(1)) }
        var claims = 0
        while !waiting.isEmpty {
            claims += 1
            for share in planner.plan(limit: 128, accountLimit: 0) {
                waiting.remove(share.bucket)
                planner.claimed(share, count: share.count, last: position(1, 9))
            }
            if claims > 16 { break }
        }
        #expect(waiting.isEmpty, "\(waiting.count) buckets had no turn in \(claims) claims")
        #expect(claims == 16)
    }

    @Test("A claim that brought less than its share empties the bucket")
    func exhausted() {
        var planner = ClaimPlanner()
        planner.found(noisy, at: position(1))
        let shares = planner.plan(limit: 10, accountLimit: 0)
        planner.claimed(shares[0], count: 9, last: position(1, 9))
        #expect(planner.plan(limit: 10, accountLimit: 0).isEmpty)
    }

    @Test("The next claim starts behind the last event taken")
    func continues() {
        var planner = ClaimPlanner()
        planner.found(noisy, at: position(1))
        let shares = planner.plan(limit: 10, accountLimit: 0)
        planner.claimed(shares[0], count: 10, last: position(3, 77))
        #expect(planner.plan(limit: 10, accountLimit: 0).first?.start == position(3, 78))
    }

    @Test("An event of an older transaction that commits late moves the start back")
    func lateCommit() {
        var planner = ClaimPlanner()
        planner.found(noisy, at: position(1))
        let shares = planner.plan(limit: 10, accountLimit: 0)
        planner.claimed(shares[0], count: 10, last: position(9, 77))
        planner.found(noisy, at: position(4))
        #expect(planner.plan(limit: 10, accountLimit: 0).first?.start == position(4))
    }

    @Test("Account mails come first, with a limit of their own")
    func accountMails() {
        var planner = ClaimPlanner()
        planner.found(noisy, at: position(1))
        planner.found(ClaimPlanner.accountLane, at: position(8))
        let shares = planner.plan(limit: 10, accountLimit: 64)
        #expect(shares.map(\.bucket) == [ClaimPlanner.accountLane, noisy])
        #expect(shares.map(\.count) == [64, 10])
        let accountOnly = planner.plan(limit: 0, accountLimit: 64)
        #expect(accountOnly.map(\.bucket) == [ClaimPlanner.accountLane])
        planner.claimed(accountOnly[0], count: 3, last: position(8, 3))
        #expect(planner.plan(limit: 0, accountLimit: 64).isEmpty)
    }
}
