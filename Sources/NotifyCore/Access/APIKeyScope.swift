/// What an API key may be used for. The raw value is the name in SQL, HTTP and commands.
package enum APIKeyScope: String, Sendable, CaseIterable {
    /// Enqueue, cancel and read events.
    case events
    /// Users, organisations, members, their preferences and sessions.
    case users
    /// Watch and steer the queue.
    case queue
    /// Read metrics.
    case metrics
    /// What billing needs.
    case billing
}
