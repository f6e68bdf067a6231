import PostgresClient
import SMTPSender
import Threads

extension EventQueue {
    /// What became of a batch, by lease. One that is in neither set belongs to another claim now, or was settled before an
    /// answer got lost: nothing was changed for it.
    struct Settled {
        /// Written now.
        var ours: Set<Int64> = []
        /// Somebody else keeps the row locked: to be tried again.
        var locked: Set<Int64> = []

        /// - Parameter results: rows of a lease, and whether it is locked.
        init(_ results: [Rows]) throws(PostgresError) {
            for rows in results {
                for row in 0..<rows.count {
                    let lease = try rows.int64(row, 0)
                    if try rows.bool(row, 1) { locked.insert(lease) } else { ours.insert(lease) }
                }
            }
        }
    }

    /// Writes a batch of settlements in one round trip and one transaction.
    func settle(_ batch: [Settlement]) throws(PostgresError) -> Settled {
        let endings = batch.filter { $0.outcome != nil }
        let releases = batch.filter { $0.outcome == nil }
        var calls: [StatementCall] = []
        if !endings.isEmpty { calls.append(Self.settleCall(endings)) }
        if !releases.isEmpty { calls.append(Self.releaseCall(releases)) }
        return try Settled(try connection.pipelineAtomically(calls))
    }

    private static func settleCall(_ batch: [Settlement]) -> StatementCall {
        var outcomes: [String] = []
        var reasons: [String?] = []
        var details: [String?] = []
        var charges: [Int32] = []
        for settlement in batch {
            guard case .end(let outcome, let detail, let isCharged) = settlement.change else { continue }
            outcomes.append(outcome.name)
            reasons.append(outcome.reason)
            details.append(detail ?? settlement.attempt?.detail)
            charges.append(isCharged ? 1 : 0)
        }
        var parameters = Parameters()
        parameters.append(batch.map(\.eventID))
        parameters.append(batch.map(\.leaseID))
        parameters.append(outcomes)
        parameters.append(reasons)
        parameters.append(details)
        parameters.append(charges)
        appendReplies(of: batch, to: &parameters)
        return StatementCall(QueueStatements.settle, parameters)
    }

    private static func releaseCall(_ batch: [Settlement]) -> StatementCall {
        var delays: [Int64?] = []
        var charges: [Bool] = []
        for settlement in batch {
            if case .release(let delay, let isCharged) = settlement.change {
                delays.append(delay.inMilliseconds)
                charges.append(isCharged)
            } else {
                delays.append(nil)
                charges.append(true)
            }
        }
        var parameters = Parameters()
        parameters.append(batch.map(\.eventID))
        parameters.append(batch.map(\.leaseID))
        parameters.append(delays)
        parameters.append(charges)
        parameters.append(batch.map { $0.attempt?.result.rawValue })
        parameters.append(batch.map { $0.attempt?.phase?.rawValue })
        parameters.append(batch.map { $0.attempt?.detail })
        appendReplies(of: batch, to: &parameters)
        return StatementCall(QueueStatements.release, parameters)
    }

    private static func appendReplies(of batch: [Settlement], to parameters: inout Parameters) {
        parameters.append(batch.map { $0.attempt?.code.map(Int32.init(clamping:)) })
        parameters.append(batch.map { $0.attempt?.enhancedCode?.description })
        parameters.append(batch.map { $0.attempt?.reply })
        parameters.append(batch.map(\.relay))
    }
}
