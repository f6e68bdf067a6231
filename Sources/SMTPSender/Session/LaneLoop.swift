internal import Glibc
internal import Threads

/// What happens on a lane's thread: one turn takes what other threads left, lets every connection do what it can,
/// tells the delegate, and sleeps in poll() until a socket, another thread or a deadline wakes it.
final class LaneLoop {
    let lane: RelayLane
    let configuration: RelayConfiguration
    let inbox: LaneInbox
    let cancel: WakeSignal
    let delegate: any RelayLaneDelegate

    var connections: [LaneConnection] = []
    var queue: LaneQueue
    var number: ConnectionNumber
    var pipelining: PipeliningRecord
    var attempts: [Int: (thread: NamedThread, since: ContinuousClock.Instant)] = [:]
    var attemptCount = 0
    /// What the latest attempt took, whatever came of it.
    var lastAttempt = Duration.zero
    /// How many sessions the relay had when it refused one more, while other attempts were still under way.
    var refusedAbove: Int?
    /// Since when mails wait and the relay says nothing, or since the delegate was last told so.
    var silentSince: ContinuousClock.Instant?
    var isStallTold = false
    var stopBy: ContinuousClock.Instant?

    var finished: [Finished] = []
    var held: [Submission] = []
    var sessionFaults: [ConnectionFault] = []
    private var descriptors: [pollfd] = []
    private let scratch: UnsafeMutableRawBufferPointer

    init(lane: RelayLane, inbox: LaneInbox, cancel: WakeSignal, delegate: any RelayLaneDelegate) {
        self.lane = lane
        configuration = lane.configuration
        self.inbox = inbox
        self.cancel = cancel
        self.delegate = delegate
        queue = LaneQueue(freshness: configuration.freshness)
        number = ConnectionNumber(configured: configuration.connections, now: .now)
        pipelining = PipeliningRecord(setting: configuration.pipelining)
        scratch = .allocate(byteCount: LaneConnection.readSize, alignment: 16)
    }

    deinit { scratch.deallocate() }

    var isStopping: Bool { stopBy != nil }

    func run() {
        while true {
            let now = ContinuousClock.now
            takeMail(now)
            expire(now)
            advanceAll(now)
            connections.removeAll { $0.session.hasEnded }
            openConnections(now)
            tellStall(now)
            report(now)
            if isStopping, connections.isEmpty, attempts.isEmpty { break }
            if inbox.sleep(holding: queue.load) { waitAndPump(timeout: timeout(from: now)) }
        }
        finished = (queue.takeAll() + inbox.close()).map { Finished(token: $0.token, result: .unreachable) }
        report(.now)
    }

    private func takeMail(_ now: ContinuousClock.Instant) {
        let bag = inbox.takeAll()
        queue.append(bag.submissions)
        if let deadline = bag.stopBy {
            stopBy = min(stopBy ?? deadline, deadline)
            cancel.stop()
        }
        for arrival in bag.arrivals { take(arrival, now) }
        lowerIfRefused(now)
        for answer in bag.answers { resume(answer, now) }
        if bag.isWithdrawn || isStopping {
            finished += queue.takeAll().map { Finished(token: $0.token, result: .unreachable) }
        }
    }

    /// Sessions whose relay has been silent for too long, and all of them when the grace of a stop is over.
    private func expire(_ now: ContinuousClock.Instant) {
        let mustEnd = stopBy.map { now >= $0 } ?? false
        for connection in connections {
            if mustEnd {
                connection.session.abandon()
            } else if let deadline = connection.session.deadline, now >= deadline {
                connection.timedOut(now: now)
            }
            settle(connection, now)
        }
    }

    private func timeout(from now: ContinuousClock.Instant) -> Int32 {
        var earliest = stopBy
        func consider(_ instant: ContinuousClock.Instant?) {
            guard let instant else { return }
            earliest = min(earliest ?? instant, instant)
        }
        for connection in connections { consider(connection.session.deadline) }
        consider(queue.nextHandOut)
        consider(nextAttempt(now))
        consider(nextStall)
        return earliest.map { ($0 - now).pollTimeout } ?? -1
    }

    private func waitAndPump(timeout: Int32) {
        descriptors.removeAll(keepingCapacity: true)
        descriptors.append(pollfd(fd: inbox.signal.descriptor, events: Int16(POLLIN), revents: 0))
        for connection in connections {
            // Input is watched while writing too: a relay may refuse in the middle of the content.
            let events = connection.isWriting ? POLLIN | POLLOUT : POLLIN
            descriptors.append(pollfd(fd: connection.curl.socket, events: Int16(events), revents: 0))
        }
        guard poll(&descriptors, nfds_t(descriptors.count), timeout) > 0 else { return }
        if descriptors[0].revents != 0 { inbox.signal.consume() }
        let now = ContinuousClock.now
        for (connection, descriptor) in zip(connections, descriptors.dropFirst()) where descriptor.revents != 0 {
            if descriptor.revents & Int16(POLLIN | POLLHUP | POLLERR | POLLNVAL) != 0 {
                connection.receive(into: scratch, now: now)
            }
            advance(connection, now)
        }
    }
}
