import NotifyCore

/// An event's life as one screen of text: what it is, then what happened, in order of time.
struct EventStory {
    private let history: EventHistory

    init(_ history: EventHistory) {
        self.history = history
    }

    var text: String {
        let facts = self.facts
        let width = facts.map(\.name.count).max() ?? 0
        let factLines = facts.map { "  " + $0.name.padded(to: width) + "  " + LogText.escaped($0.value) }
        let happened = happenings.sorted { $0.at < $1.at }.map { "  \($0.at)  \(LogText.escaped($0.what))" }
        return ([title] + factLines + ["", "What happened"] + happened + ["", "Now", "  " + LogText.escaped(present)])
            .joined(separator: "\n")
    }

    private var title: String {
        let kind = history.outcome?.kind ?? history.open?.kind ?? "of unknown kind"
        let state =
            history.outcome.map { [$0.outcome, $0.reason].compactMap(\.self).joined(separator: ", ") }
            ?? history.open?.state
        return LogText.escaped("Event \(history.id) · \(kind)" + (state.map { " · \($0)" } ?? ""))
    }

    private var facts: [(name: String, value: String)] {
        var facts: [(name: String, value: String)] = []
        func add(_ name: String, _ value: String?) {
            if let value { facts.append((name, value)) }
        }
        let ended = history.outcome
        let open = history.open
        add("user", (ended?.userID ?? open?.userID))
        let organization = (ended?.organizationID ?? open?.organizationID)
        let organizationName = ended?.organizationName ?? open?.organizationName
        add("organisation", organization.map { id in organizationName.map { "\($0) (\(id))" } ?? id })
        add("actor", open?.actorID)
        add("message id", (ended?.messageID ?? open?.messageID))
        add("retry of", (ended?.retryOf ?? open?.retryOf).map { "event \($0)" })
        add("due", open?.dueAt.description)
        add("expires", open?.expiresAt.description)
        add("lease", (ended?.leaseID ?? open?.leaseID).map(String.init))
        add("trace", open?.traceparent)
        return facts
    }

    private var happenings: [(at: Moment, what: String)] {
        var all: [(at: Moment, what: String)] = []
        if let at = history.outcome?.enqueuedAt ?? history.open?.enqueuedAt ?? history.feed?.createdAt {
            all.append((at, "enqueued"))
        }
        all += history.attempts.map { ($0.finishedAt, describe($0)) }
        if let ended = history.outcome { all.append((ended.finishedAt, describe(ended))) }
        if let feed = history.feed {
            // The feed counts from the start of the producer's transaction, the queue from the insert.
            all.append((max(feed.visibleAt, feed.createdAt), "visible in the product"))
            if let at = feed.readAt { all.append((at, "read in the product")) }
            if let at = feed.retractedAt { all.append((at, "retracted in the product")) }
        }
        return all
    }

    private func describe(_ attempt: EventHistory.Attempt) -> String {
        var text = "attempt \(attempt.number)"
        if let relay = attempt.relay { text += " at \(relay)" }
        text += ": \(attempt.result)"
        if let phase = attempt.phase { text += " at \(phase)" }
        if let reply = attempt.reply { text += ", \(describe(reply))" }
        if let detail = attempt.detail { text += ", \(detail)" }
        text += attempt.wasCharged ? "" : " (not charged)"
        if let next = attempt.nextAt { text += "; next try \(next > attempt.finishedAt ? "\(next)" : "at once")" }
        return text
    }

    private func describe(_ ended: EventHistory.Ended) -> String {
        var text = ended.outcome
        if let reason = ended.reason { text += ", \(reason)" }
        if let relay = ended.relay { text += " by \(relay)" }
        if let reply = ended.reply { text += ": \(describe(reply))" }
        if let detail = ended.detail { text += " (\(detail))" }
        if ended.attempts > 1 { text += ", after \(ended.attempts) attempts" }
        return text
    }

    private func describe(_ reply: EventHistory.Reply) -> String {
        ["\(reply.code)", reply.enhancedCode, reply.text].compactMap(\.self).joined(separator: " ")
    }

    /// Where it stands, in a sentence or two.
    private var present: String {
        let doubt = history.open?.maybeSent ?? history.outcome?.maybeSent ?? false
        let asked = history.open?.cancelReason.map { " Cancelling was asked for (\($0))." } ?? ""
        return standing + asked + (doubt ? " An earlier attempt may have reached its reader." : "")
    }

    private var standing: String {
        if let ended = history.outcome {
            guard history.keptSince != nil else { return "It has ended: \(ended.outcome)." }
            return "It has ended; its payload is kept for a retry: notify-worker queue retry \(history.id)."
        }
        guard let open = history.open else { return "It has ended, and its outcome has been dropped with its day." }
        switch open.state {
        case "ready": return "It is due and waits for a worker."
        case "leased": return "Worker \(open.workerName ?? "unknown") has it."
        case "held":
            return
                "It is held until a person decides: notify-worker queue retry \(history.id), or cancel \(history.id)."
        case "retrying": return "It waits for its next attempt at \(open.dueAt)."
        default: return "It waits until it is due at \(open.dueAt)."
        }
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        count >= width ? self : self + String(repeating: " ", count: width - count)
    }
}
