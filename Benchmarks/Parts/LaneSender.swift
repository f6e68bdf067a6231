import SMTPSender
import Threads

/// Keeps one lane as full as the worker does, with mails that are there already.
final class LaneSender: RelayLaneDelegate {
    private static let inFlight = 512
    private static let batch = 32

    private struct Count {
        var finished = 0
        var accepted = 0
    }

    private let mails: [ComposedMail]
    private let count = Monitor(Count())
    private let configuration: RelayConfiguration
    private let lane = Monitor<RelayLane?>(nil)

    init(urls: String, connections: Int, mails: [ComposedMail]) throws {
        self.mails = mails
        var defaults = RelayConfiguration(host: "")
        defaults.connections = connections
        // There is nothing to check again.
        defaults.freshness = .seconds(3_600)
        configuration = try RelayConfiguration.parse(urls: urls, defaults: defaults)[0]
        let made = try RelayLane(configuration: configuration, delegate: self)
        lane.withLock { $0 = made }
    }

    /// How many of so many were accepted.
    func send(_ total: Int) -> Int {
        guard let lane = lane.withLock({ $0 }) else { return 0 }
        var next = 0
        while next < total {
            let goal = next + Self.batch - Self.inFlight
            _ = count.wait { $0.finished >= goal ? true : nil }
            let end = min(next + Self.batch, total)
            lane.submit(
                (next..<end)
                    .map {
                        Submission(
                            token: Int64($0), mail: mails[$0 % mails.count], isUrgent: false, checkedAt: .now)
                    })
            next = end
        }
        _ = count.wait { $0.finished >= total ? true : nil }
        return count.withLock { $0.accepted }
    }

    func stop() {
        lane.withLock { $0 }?.stop(within: .seconds(5))
    }

    func lane(_ lane: RelayLane, finished: [Finished]) {
        count.update { count in
            for one in finished {
                count.finished += 1
                if case .accepted = one.result { count.accepted += 1 }
            }
        }
    }

    func lane(_ lane: RelayLane, stale: [Submission]) {
        self.lane(lane, finished: stale.map { Finished(token: $0.token, result: .unreachable) })
    }

    func lane(_ lane: RelayLane, connectFailed: ConnectionFault) {}
}
