internal import Threads

extension LaneLoop {
    /// Connections that carry mail or can; one that is saying QUIT is as good as gone.
    var openCount: Int { connections.count { !$0.session.isQuitting && !$0.session.hasEnded } }

    /// How many more connections the waiting mails could use.
    private func missing(_ now: ContinuousClock.Instant) -> Int {
        guard queue.count > 0, !isStopping else { return 0 }
        let limit = number.limit(at: now)
        let normalPlaces = limit > 1 ? limit - 1 : 1
        let normalBusy = connections.count { $0.session.carriesNormalMail }
        let useful = min(queue.normal.count, max(0, normalPlaces - normalBusy)) + min(queue.urgent.count, limit)
        let idle = connections.count { $0.session.isIdle }
        return min(useful - idle, limit - openCount) - attempts.count
    }

    /// How many attempts may be under way beside those that are; one alone while no session is open, so that a dead
    /// relay costs one.
    private func startable(_ now: ContinuousClock.Instant) -> Int {
        // One that hangs must not put off what the others have shown.
        if refusedAbove != nil, openCount > 0 { return 0 }
        return max(0, openCount == 0 ? min(missing(now), 1 - attempts.count) : missing(now))
    }

    func openConnections(_ now: ContinuousClock.Instant) {
        guard now >= number.nextAttempt else { return }
        for _ in 0..<startable(now) { startAttempt(now) }
    }

    /// When the next attempt is due, if one is wanted and held back.
    func nextAttempt(_ now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        startable(now) > 0 ? number.nextAttempt : nil
    }

    /// Tells the delegate each time that mails have waited as long as they should, with no session or with each of them
    /// waiting for its relay's answer. Where the latest attempt took longer than that, mails without a session need not
    /// wait to find out.
    func tellStall(_ now: ContinuousClock.Instant) {
        guard queue.count > 0, !isStopping, !hasUnusedConnection(now) else {
            silentSince = nil
            isStallTold = false
            return
        }
        let isForeseen = !isStallTold && openCount == 0 && lastAttempt > configuration.patience
        var since = silentSince ?? now
        for connection in connections where !connection.session.isQuitting {
            since = max(since, connection.session.lastActivity)
        }
        let isOver = isForeseen || now - since >= configuration.patience
        silentSince = isOver ? now : since
        guard isOver else { return }
        isStallTold = true
        delegate.lane(lane, stalledFor: isForeseen ? lastAttempt : configuration.patience)
    }

    var nextStall: ContinuousClock.Instant? {
        silentSince.map { $0 + configuration.patience }
    }

    private func startAttempt(_ now: ContinuousClock.Instant) {
        attemptCount += 1
        let id = attemptCount
        let attempt = ConnectAttempt(configuration: configuration, cancel: cancel)
        do {
            let thread = try NamedThread("connect-\(configuration.host)") { [inbox] in
                inbox.put(LaneInbox.Arrival(attempt: id, result: attempt.run()))
            }
            attempts[id] = (thread, now)
        } catch {
            failed(ConnectionFault(kind: .connect, phase: .connect, message: error.description), now)
        }
    }

    func take(_ arrival: LaneInbox.Arrival, _ now: ContinuousClock.Instant) {
        if let attempt = attempts.removeValue(forKey: arrival.attempt) {
            attempt.thread.join()
            lastAttempt = now - attempt.since
        }
        switch arrival.result {
        case .success(let curl):
            number.opened()
            connections.append(
                LaneConnection(curl: curl, level: pipelining.level(at: now), configuration: configuration, now: now))
            if let most = refusedAbove { refusedAbove = max(most, openCount) }
        case .failure(let fault):
            guard !isStopping else { return }
            failed(fault, now)
        }
    }

    /// A relay that has sessions open and refuses one more has enough of them: that is no failure of the relay.
    private func failed(_ fault: ConnectionFault, _ now: ContinuousClock.Instant) {
        number.failed(now: now)
        guard openCount == 0 else {
            refusedAbove = max(refusedAbove ?? 0, openCount)
            sessionFaults.append(fault)
            return
        }
        delegate.lane(lane, connectFailed: fault)
    }

    /// Once all attempts have ended: of a hundred begun together, the first to come back say nothing of how many it has.
    func lowerIfRefused(_ now: ContinuousClock.Instant) {
        guard let most = refusedAbove, attempts.isEmpty else { return }
        refusedAbove = nil
        number.lower(to: most, now: now)
    }
}
