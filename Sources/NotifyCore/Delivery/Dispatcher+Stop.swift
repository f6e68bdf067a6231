import Logging
import PostgresClient
import Synchronization
import Threads

extension Dispatcher {
    /// What a stop left behind.
    package struct StopReport: Sendable {
        /// Events whose settlement could not be written in time. Their lease runs out, and another worker takes them.
        package let unsettled: Int
    }

    /// Ends a `start` that still waits for the database, from another thread. None succeeds afterwards.
    package func abandonStart() {
        cancellers.starting.cut()
    }

    /// Stops in the order of the path: no more claims, unstarted events back at once, what is on the wire finished,
    /// everything settled. Blocks for at most about `grace` and, where the database does not answer, three times
    /// `Configuration.databasePatience`.
    package func stop(within grace: Duration) -> StopReport {
        let running = running.withLock { running in
            defer { running = nil }
            return running
        }
        return running.map { end($0, within: grace) } ?? StopReport(unsettled: 0)
    }

    func end(_ running: Running, within grace: Duration) -> StopReport {
        let deadline = ContinuousClock.now + grace
        let path = running.path
        stop.request()
        relays.beginStop(within: grace)
        bell.ring()
        running.wakeSignal.stop()
        withPatience {
            running.claimer?.join()
            path.composing.close()
            running.composer?.join()
            path.checking.close()
            running.checker?.join()
        } orElse: { [cancellers] in
            cancellers.claiming.cut()
            cancellers.checking.cut()
        }
        relays.close(within: deadline - .now)
        _ = path.inFlight.waitUntilEmpty(timeout: deadline - .now)
        path.settling.close()
        giveUp.request()
        withPatience {
            running.settler?.join()
            running.keeper?.join()
            running.waker?.join()
        } orElse: { [cancellers] in
            cancellers.settling.cut()
            cancellers.keeping.cut()
            cancellers.listening.cut()
        }
        signOff(running)
        running.journal?.close()
        return StopReport(unsettled: path.inFlight.count)
    }

    /// Writes what the settler had to leave, then removes the worker, which frees at once whatever it still holds. A
    /// worker with something unwritten stays: a mail that was accepted must not be freed, and so sent again, at once.
    private func signOff(_ running: Running) {
        let lastCall = StopSignal()
        let session = DatabaseSession(
            configuration.databaseURL, role: "stop", stop: lastCall, logger: logger, canceller: cancellers.signingOff)
        defer { session.close() }
        withPatience {
            Settler(path: running.path, database: session).writeAll()
            guard running.path.inFlight.count == 0 else { return }
            do {
                try session.run { queue throws(PostgresError) in try queue.signOff(workerID: running.worker.id) }
            } catch {
                logger.warning("could not sign off; the lease will run out", metadata: ["error": "\(error)"])
            }
        } orElse: { [cancellers] in
            lastCall.request()
            cancellers.signingOff.cut()
        }
    }

    /// Does `work`, and `interrupt` from another thread once it takes longer than a database that answers needs.
    private func withPatience(_ work: () -> Void, orElse interrupt: @escaping @Sendable () -> Void) {
        let isDone = StopSignal()
        let cutter = try? NamedThread("cutter") { [patience = configuration.databasePatience] in
            if !isDone.wait(patience) { interrupt() }
        }
        work()
        isDone.request()
        cutter?.join()
    }
}
