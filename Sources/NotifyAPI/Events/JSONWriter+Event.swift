import NotifyCore

extension JSONWriter {
    /// What is known of an event: `state` while it is open, `outcome` once it has ended.
    mutating func event(_ history: EventHistory) {
        member("event_id", history.id)
        member("kind", history.open?.kind ?? history.outcome?.kind)
        member("state", history.open?.state)
        member("outcome", history.outcome?.outcome)
        member("reason", history.outcome?.reason)
        member("user_id", history.open?.userID ?? history.outcome?.userID)
        member("organization_id", history.open?.organizationID ?? history.outcome?.organizationID)
        member("attempts", history.open?.attempts ?? history.outcome?.attempts ?? history.attempts.count)
        member("message_id", history.open?.messageID ?? history.outcome?.messageID)
        member("enqueued_at", history.open?.enqueuedAt ?? history.outcome?.enqueuedAt)
        member("due_at", history.open?.dueAt)
        member("expires_at", history.open?.expiresAt)
        member("finished_at", history.outcome?.finishedAt)
        name("reply")
        reply(history.outcome?.reply ?? history.attempts.last?.reply)
    }

    private mutating func reply(_ reply: EventHistory.Reply?) {
        guard let reply else { return raw("null") }
        object { json in
            json.member("code", reply.code)
            json.member("enhanced_code", reply.enhancedCode)
            json.member("text", reply.text)
        }
    }
}
