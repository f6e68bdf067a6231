import Testing

@testable import PostgresClient

/// The pool's decisions, without threads, connections or time that passes.
@Suite("A pool's state")
struct PoolStateTests {
    private func job(_ id: UInt64) -> PoolJob {
        PoolJob(id: id, deadline: .now) { _ in {} }
    }

    private func outcome(_ submission: PoolState.Submission) -> String {
        switch submission {
        case .queued: "queued"
        case .startThread: "start"
        case .refused(let error): "\(error.code)"
        }
    }

    @Test(
        "Threads are started while there is more work than idle threads, up to the size; then calls wait, then no more")
    func submissions() {
        var state = PoolState(configuration: .init(size: 2, maximumWaiters: 1))
        #expect(outcome(state.submit(job(1))) == "start")
        #expect(state.takeJob()?.id == 1)
        #expect(outcome(state.submit(job(2))) == "start")
        #expect(state.takeJob()?.id == 2)
        #expect(outcome(state.submit(job(3))) == "queued")
        #expect(outcome(state.submit(job(4))) == "timeout")
        state.finishJob()
        #expect(outcome(state.submit(job(5))) == "queued")
        #expect(state.takeJob()?.id == 3)
        state.finishJob()
        #expect(state.takeJob()?.id == 5)
        #expect(state.takeJob() == nil)
        #expect(state.threads == 2)
    }

    @Test("An idle thread takes the next call; no second one is started for it")
    func idleThread() {
        var state = PoolState(configuration: .init(size: 2))
        _ = state.submit(job(1))
        _ = state.takeJob()
        state.finishJob()
        #expect(outcome(state.submit(job(2))) == "queued")
        #expect(outcome(state.submit(job(3))) == "start")
    }

    @Test("A removed call is not taken, and can be removed once")
    func removal() {
        var state = PoolState(configuration: .init(size: 1))
        _ = state.submit(job(1))
        _ = state.submit(job(2))
        #expect(state.removeJob(1)?.id == 1)
        #expect(state.removeJob(1) == nil)
        #expect(state.takeJob()?.id == 2)
    }

    @Test("After a stop what waited is handed back and everything new is refused")
    func stopping() {
        var state = PoolState(configuration: .init(size: 1))
        _ = state.submit(job(1))
        #expect(state.beginStop().map(\.id) == [1])
        #expect(state.takeJob() == nil)
        #expect(outcome(state.submit(job(2))) == "closed")
    }

    @Test("Failed connects are spaced 100 ms, doubling to 5 s, jittered by a fifth; one call tries after each pause")
    func backOff() {
        var state = PoolState(configuration: .init(size: 1))
        var now = ContinuousClock.now
        #expect(state.reasonNotToConnect(now: now) == nil)
        for expected in [100, 200, 400, 800, 1600, 3200, 5000, 5000] {
            state.connectFailed(PostgresError(.connection, "away"), now: now)
            let pause = Duration.milliseconds(expected)
            #expect(state.reasonNotToConnect(now: now.advanced(by: pause * 0.79)) != nil)
            now = now.advanced(by: pause * 1.21)
            #expect(state.reasonNotToConnect(now: now) == nil)
            #expect(state.reasonNotToConnect(now: now)?.code == .connection)
        }
        state.connected()
        #expect(state.reasonNotToConnect(now: now) == nil)
    }
}
