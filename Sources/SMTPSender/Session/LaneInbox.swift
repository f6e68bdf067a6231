internal import Synchronization
internal import Threads

/// What other threads leave for a lane. Guarded by one lock, held for moments.
final class LaneInbox: Sendable {
    typealias ConnectResult = Result<CurlConnection, ConnectionFault>

    /// A connection on its way from the connector's thread, which lets go of it here, to the lane's.
    struct Arrival: @unchecked Sendable {
        let attempt: Int
        let result: ConnectResult
    }

    struct Mailbag: Sendable {
        var submissions: [Submission] = []
        var arrivals: [Arrival] = []
        var answers: [HeldAnswer] = []
        var isWithdrawn = false
        var stopBy: ContinuousClock.Instant?

        var isEmpty: Bool {
            submissions.isEmpty && arrivals.isEmpty && answers.isEmpty && !isWithdrawn && stopBy == nil
        }
    }

    private struct State {
        var bag = Mailbag()
        var pending = LaneLoad()
        var queued = LaneLoad()
        var isAsleep = false
        var isClosed = false
    }

    private let state = Mutex(State())
    let signal: WakeSignal
    private let capacity: Int

    init(capacity: Int) throws(SystemError) {
        signal = try WakeSignal()
        self.capacity = capacity
    }

    /// Takes what there is room for; the rest comes back, and all of it once the lane has stopped. Mails that come
    /// back from a check always fit: they had their place before.
    func put(_ submissions: [Submission]) -> [Submission] {
        var rejected: [Submission] = []
        leave { state in
            guard !state.isClosed else {
                rejected = submissions
                return
            }
            var room = state.pending.room(capacity: capacity, with: state.queued)
            for submission in submissions {
                guard submission.history.wasHandedOut || room.take(submission) else {
                    rejected.append(submission)
                    continue
                }
                state.pending.add(submission)
                state.bag.submissions.append(submission)
            }
        }
        return rejected
    }

    func put(_ arrival: Arrival) { leave { $0.bag.arrivals.append(arrival) } }
    func put(_ answer: HeldAnswer) { leave { $0.bag.answers.append(answer) } }
    func putWithdrawal() { leave { $0.bag.isWithdrawn = true } }
    func putStop(by deadline: ContinuousClock.Instant) {
        leave { $0.bag.stopBy = min($0.bag.stopBy ?? deadline, deadline) }
    }

    /// Everything that was left since the last time; the lane is awake from here to `sleep`.
    func takeAll() -> Mailbag {
        state.withLock { state in
            let bag = state.bag
            state.bag = Mailbag()
            state.queued.normal += state.pending.normal
            state.queued.urgent += state.pending.urgent
            state.pending = LaneLoad()
            state.isAsleep = false
            return bag
        }
    }

    /// Notes what the lane holds; false when something has been left meanwhile, and it must not sleep.
    func sleep(holding queued: LaneLoad) -> Bool {
        state.withLock { state in
            state.queued = queued
            state.isAsleep = state.bag.isEmpty
            return state.isAsleep
        }
    }

    /// The lane's thread ends: nothing is taken any more. What was left too late comes out.
    func close() -> [Submission] {
        state.withLock { state in
            state.isClosed = true
            state.queued = LaneLoad()
            defer { state.bag = Mailbag() }
            return state.bag.submissions
        }
    }

    /// Wakes the lane only when it sleeps: a signal is a system call.
    private func leave(_ change: (inout State) -> Void) {
        let wasAsleep = state.withLock { state in
            change(&state)
            defer { state.isAsleep = false }
            return state.isAsleep
        }
        if wasAsleep { signal.wake() }
    }
}

/// How many mails of each kind.
struct LaneLoad: Sendable, Equatable {
    var normal = 0
    var urgent = 0

    mutating func add(_ submission: Submission) {
        if submission.isUrgent { urgent += 1 } else { normal += 1 }
    }

    func room(capacity: Int, with other: LaneLoad) -> LaneLoad {
        LaneLoad(normal: capacity - normal - other.normal, urgent: capacity - urgent - other.urgent)
    }

    /// Uses one place up; false when there is none.
    mutating func take(_ submission: Submission) -> Bool {
        if submission.isUrgent {
            urgent -= 1
            return urgent >= 0
        }
        normal -= 1
        return normal >= 0
    }
}
